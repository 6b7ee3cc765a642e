package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
)

// lease is what flanneld wrote to the subnet file.
type lease struct {
	networks []string // pod networks of the cluster, for routes
	subnets  []string // this node's parts of them
	mtu      int
	ipMasq   bool // flanneld masquerades, so the delegate must not
}

func readLease(path string) (*lease, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the subnet lease is not there; is flanneld running on this node? %w", err)
	}
	return parseLease(string(text))
}

// awaitLease gives a flanneld that is just starting some time: a pod that fails
// now is tried again only much later.
func awaitLease(path string, limit time.Duration) (*lease, error) {
	for end := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
		l, err := readLease(path)
		if err == nil || !errors.Is(err, fs.ErrNotExist) || time.Now().After(end) {
			return l, err
		}
	}
}

func parseLease(text string) (*lease, error) {
	l := &lease{}
	for _, line := range strings.Split(text, "\n") {
		key, value, found := strings.Cut(strings.TrimSpace(line), "=")
		if !found {
			continue
		}
		var err error
		switch key {
		case "FLANNEL_NETWORK", "FLANNEL_IPV6_NETWORK":
			for _, network := range strings.Split(value, ",") {
				if network != "" {
					l.networks = append(l.networks, network)
				}
			}
		case "FLANNEL_SUBNET", "FLANNEL_IPV6_SUBNET":
			if value == "" {
				continue
			}
			var gateway netip.Prefix // the file holds the bridge's own address
			if gateway, err = netip.ParsePrefix(value); err == nil {
				l.subnets = append(l.subnets, gateway.Masked().String())
			}
		case "FLANNEL_MTU":
			l.mtu, err = strconv.Atoi(value)
		case "FLANNEL_IPMASQ":
			l.ipMasq, err = strconv.ParseBool(value)
		}
		if err != nil {
			return nil, fmt.Errorf("subnet lease: %s=%s: %w", key, value, err)
		}
	}
	if len(l.subnets) == 0 || len(l.networks) == 0 || l.mtu == 0 {
		return nil, fmt.Errorf("subnet lease: FLANNEL_NETWORK, FLANNEL_SUBNET or FLANNEL_MTU is missing")
	}
	return l, nil
}

// delegation is the configuration for the plugin that does the work: the
// user's own wishes first, then what the lease says.
func delegation(conf *netConf, l *lease) (map[string]any, error) {
	d := map[string]any{}
	for key, value := range conf.Delegate {
		d[key] = value
	}
	for _, reserved := range []string{"name", "ipam"} {
		if _, given := d[reserved]; given {
			return nil, fmt.Errorf("delegate.%s is set by this plugin; remove it", reserved)
		}
	}
	preset(d, "type", "bridge")
	kind, isText := d["type"].(string)
	if !isText {
		return nil, fmt.Errorf("delegate.type must be a string")
	}
	d["name"] = conf.Name
	if conf.CNIVersion != "" {
		d["cniVersion"] = conf.CNIVersion
	}
	if conf.RuntimeConfig != nil {
		d["runtimeConfig"] = conf.RuntimeConfig
	}
	preset(d, "ipMasq", !l.ipMasq)
	preset(d, "mtu", l.mtu)
	if kind == "bridge" {
		preset(d, "isGateway", true)
	}

	ipam := map[string]any{}
	for key, value := range conf.IPAM {
		ipam[key] = value
	}
	ranges := [][]map[string]string{}
	for _, subnet := range l.subnets {
		ranges = append(ranges, []map[string]string{{"subnet": subnet}})
	}
	routes, _ := ipam["routes"].([]any)
	for _, destination := range l.networks {
		routes = append(routes, map[string]string{"dst": destination})
	}
	preset(ipam, "type", "host-local")
	ipam["ranges"] = ranges
	ipam["routes"] = routes
	d["ipam"] = ipam
	return d, nil
}

func preset(m map[string]any, key string, value any) {
	if _, given := m[key]; !given {
		m[key] = value
	}
}
