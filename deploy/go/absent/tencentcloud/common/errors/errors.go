// Package errors stands in for the SDK package of this name: see ../../README.md.
package errors

// TencentCloudSDKError is the error type that callers look for.
type TencentCloudSDKError struct{ Message string }

// Error returns the message.
func (e *TencentCloudSDKError) Error() string { return e.Message }
