// Package common stands in for the SDK package of this name: see ../README.md.
package common

// StringPtr returns a pointer to a copy of v.
func StringPtr(v string) *string { return &v }

// BoolPtr returns a pointer to a copy of v.
func BoolPtr(v bool) *bool { return &v }

// StringPtrs returns pointers to copies of the elements of vs.
func StringPtrs(vs []string) []*string {
	out := make([]*string, 0, len(vs))
	for _, v := range vs {
		out = append(out, &v)
	}
	return out
}
