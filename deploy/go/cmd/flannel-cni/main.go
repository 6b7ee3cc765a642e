// Command flannel is the CNI plugin of that type: it reads the subnet that
// flanneld leased for this node and hands the work to another plugin (bridge,
// unless the configuration says otherwise) with an address range of that subnet.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/containernetworking/cni/pkg/invoke"
	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	"github.com/containernetworking/cni/pkg/version"
)

const about = "CNI plugin flannel: delegates to another plugin with the node's leased subnet"

// pluginNotAvailable is the code of the CNI specification (1.1.0) for "cannot
// serve ADD requests now".
const pluginNotAvailable = 50

// leaseWait is how long a pod waits for a flanneld that starts beside it.
const leaseWait = 15 * time.Second

// netConf is the part of the network configuration that this plugin reads.
type netConf struct {
	types.PluginConf

	SubnetFile    string         `json:"subnetFile"`
	DataDir       string         `json:"dataDir"`
	Delegate      map[string]any `json:"delegate"`
	IPAM          map[string]any `json:"ipam"`
	RuntimeConfig map[string]any `json:"runtimeConfig"`
}

func main() {
	skel.PluginMainFuncs(skel.CNIFuncs{
		Add:    add,
		Check:  check,
		Del:    del,
		Status: status,
	}, version.All, about)
}

func parse(stdin []byte) (*netConf, error) {
	conf := &netConf{SubnetFile: "/run/flannel/subnet.env", DataDir: "/var/lib/cni/flannel"}
	if err := json.Unmarshal(stdin, conf); err != nil {
		return nil, fmt.Errorf("network configuration: %w", err)
	}
	return conf, nil
}

func add(args *skel.CmdArgs) error {
	conf, err := parse(args.StdinData)
	if err != nil {
		return err
	}
	lease, err := awaitLease(conf.SubnetFile, leaseWait)
	if err != nil {
		return err
	}
	delegate, err := delegation(conf, lease)
	if err != nil {
		return err
	}
	text, err := json.Marshal(delegate)
	if err != nil {
		return err
	}
	// Kept for the removal: the lease may be another one, or gone, by then.
	if err := os.MkdirAll(conf.DataDir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(saved(conf, args), text, 0o600); err != nil {
		return err
	}
	result, err := invoke.DelegateAdd(context.TODO(), delegate["type"].(string), text, nil)
	if err != nil {
		return err
	}
	return types.PrintResult(result, conf.CNIVersion)
}

func del(args *skel.CmdArgs) error {
	conf, err := parse(args.StdinData)
	if err != nil {
		return err
	}
	text, kind, err := recall(conf, args)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // never added, or removed already
	}
	if err != nil {
		return err
	}
	if err := invoke.DelegateDel(context.TODO(), kind, text, nil); err != nil {
		return err
	}
	return os.Remove(saved(conf, args))
}

func check(args *skel.CmdArgs) error {
	conf, err := parse(args.StdinData)
	if err != nil {
		return err
	}
	text, kind, err := recall(conf, args)
	if err != nil {
		return err
	}
	var delegate map[string]any
	if err := json.Unmarshal(text, &delegate); err != nil {
		return err
	}
	if conf.RawPrevResult != nil {
		delegate["prevResult"] = conf.RawPrevResult
	}
	if text, err = json.Marshal(delegate); err != nil {
		return err
	}
	return invoke.DelegateCheck(context.TODO(), kind, text, nil)
}

func status(args *skel.CmdArgs) error {
	conf, err := parse(args.StdinData)
	if err != nil {
		return err
	}
	if _, err := readLease(conf.SubnetFile); err != nil {
		return types.NewError(pluginNotAvailable, "no subnet is leased yet", err.Error())
	}
	return nil
}

func saved(conf *netConf, args *skel.CmdArgs) string {
	return filepath.Join(conf.DataDir, args.ContainerID+"-"+args.IfName)
}

// recall returns the configuration that add handed on, and its plugin type.
func recall(conf *netConf, args *skel.CmdArgs) (text []byte, kind string, err error) {
	text, err = os.ReadFile(saved(conf, args))
	if err != nil {
		return nil, "", err
	}
	var head types.PluginConf
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, "", fmt.Errorf("%s: %w", saved(conf, args), err)
	}
	return text, head.Type, nil
}
