// Package v20170312 stands in for the SDK package of this name: see ../../README.md.
package v20170312

import "errors"

var errAbsent = errors.New("the tencent-vpc backend is not part of this build of flannel; choose the vxlan, host-gw or wireguard backend")

// Client refuses every call.
type Client struct{}

// NewClientWithSecretId returns a client that refuses every call.
func NewClientWithSecretId(_, _, _ string) (*Client, error) { return &Client{}, nil }

// The request and response types hold the fields that flannel names.
type (
	Filter struct {
		Name   *string
		Values []*string
	}
	DescribeRouteTablesRequest  struct{ Filters []*Filter }
	DescribeRouteTablesResponse struct{ Response *RouteTables }
	RouteTables                 struct{ RouteTableSet []*RouteTable }
	RouteTable                  struct {
		RouteTableId *string
		RouteSet     []*Route
	}
	Route struct {
		DestinationCidrBlock, GatewayType, GatewayId, RouteType *string
		Enabled                                                 *bool
		RouteId                                                 *uint64
	}
	DeleteRoutesRequest struct {
		RouteTableId *string
		Routes       []*Route
	}
	CreateRoutesRequest struct {
		RouteTableId *string
		Routes       []*Route
	}
	Response struct{}
)

// NewDescribeRouteTablesRequest returns an empty request.
func NewDescribeRouteTablesRequest() *DescribeRouteTablesRequest {
	return &DescribeRouteTablesRequest{}
}

// NewDeleteRoutesRequest returns an empty request.
func NewDeleteRoutesRequest() *DeleteRoutesRequest { return &DeleteRoutesRequest{} }

// NewCreateRoutesRequest returns an empty request.
func NewCreateRoutesRequest() *CreateRoutesRequest { return &CreateRoutesRequest{} }

// DescribeRouteTables refuses.
func (*Client) DescribeRouteTables(*DescribeRouteTablesRequest) (*DescribeRouteTablesResponse, error) {
	return nil, errAbsent
}

// DeleteRoutes refuses.
func (*Client) DeleteRoutes(*DeleteRoutesRequest) (*Response, error) { return nil, errAbsent }

// CreateRoutes refuses.
func (*Client) CreateRoutes(*CreateRoutesRequest) (*Response, error) { return nil, errAbsent }
