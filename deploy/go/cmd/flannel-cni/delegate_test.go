package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const leaseText = "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n"

func render(t *testing.T, conf, text string) string {
	t.Helper()
	parsed, err := parse([]byte(conf))
	if err != nil {
		t.Fatal(err)
	}
	l, err := parseLease(text)
	if err != nil {
		t.Fatal(err)
	}
	d, err := delegation(parsed, l)
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestTheLeaseDecidesWhatTheUserLeavesOpen(t *testing.T) {
	got := render(t, `{"cniVersion":"1.0.0","name":"cbr0","type":"flannel","delegate":{"hairpinMode":true,"isDefaultGateway":true}}`, leaseText)
	want := `{"cniVersion":"1.0.0","hairpinMode":true,"ipMasq":false,"ipam":{"ranges":[[{"subnet":"10.244.1.0/24"}]],"routes":[{"dst":"10.244.0.0/16"}],"type":"host-local"},"isDefaultGateway":true,"isGateway":true,"mtu":1450,"name":"cbr0","type":"bridge"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDualStackGetsOneRangeAndRouteAFamily(t *testing.T) {
	got := render(t, `{"name":"cbr0","type":"flannel","delegate":{"type":"ptp","mtu":1400}}`,
		leaseText+"FLANNEL_IPV6_NETWORK=fd00::/56\nFLANNEL_IPV6_SUBNET=fd00:0:0:1::1/64\n")
	want := `{"ipMasq":false,"ipam":{"ranges":[[{"subnet":"10.244.1.0/24"}],[{"subnet":"fd00:0:0:1::/64"}]],"routes":[{"dst":"10.244.0.0/16"},{"dst":"fd00::/56"}],"type":"host-local"},"mtu":1400,"name":"cbr0","type":"ptp"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestALeaseWithoutSubnetIsRefused(t *testing.T) {
	if _, err := parseLease("FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_MTU=1450\n"); err == nil {
		t.Error("accepted")
	}
}

func TestReservedDelegateKeysAreRefused(t *testing.T) {
	if _, err := delegation(&netConf{Delegate: map[string]any{"ipam": 1}}, &lease{}); err == nil {
		t.Error("accepted")
	}
}

func TestALeaseThatComesSoonIsWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "subnet.env")
	go func() {
		time.Sleep(100 * time.Millisecond)
		os.WriteFile(path+".partial", []byte(leaseText), 0o644)
		os.Rename(path+".partial", path)
	}()
	l, err := awaitLease(path, time.Minute)
	if err != nil || l.mtu != 1450 {
		t.Fatal(l, err)
	}
	if _, err := awaitLease(path+".none", 0); err == nil {
		t.Fatal("a lease out of nothing")
	}
}
