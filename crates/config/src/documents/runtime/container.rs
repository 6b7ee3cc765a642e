//! Containers beside Kubernetes, and services of extensions.

use crate::schema::Redaction;

choice! {
    /// What a container waits for on the network.
    NetworkCondition {
        Addresses = "addresses",
        Connectivity = "connectivity",
        Hostname = "hostname",
        EtcFiles = "etcfiles",
    }

    /// An option of a mount.
    MountOption {
        ReadOnly = "ro",
        ReadWrite = "rw",
        NoExec = "noexec",
        NoSuid = "nosuid",
        NoDev = "nodev",
        NoAtime = "noatime",
        RBind = "rbind",
        RShared = "rshared",
    }
}

record! {
    /// A configuration file of an extension's service.
    ConfigFile {
        /// The content.
        "content" content: String => redaction(Redaction::Whole);
        /// Where the service sees it.
        "mountPath" mount_path: String;
    }

    /// Settings of an extension's service.
    ExtensionServiceConfig {
        /// The service, without its `ext-` in front.
        "name" name: String => required;
        /// Its configuration files.
        "configFiles" config_files: Vec<ConfigFile> => merged_by(&["mountPath"]);
        /// Its environment, each entry as NAME=value.
        "environment" environment: Vec<String> => redaction(Redaction::Assigned);
    }

    /// The user that a container runs as.
    ContainerRunAs {
        /// The user.
        "uid" uid: Option<i64>;
        /// The group.
        "gid" gid: Option<i64>;
    }

    /// A user volume inside a container.
    UserVolumeMount {
        /// The volume.
        "name" name: String;
        /// Where the container sees it.
        "destination" destination: String;
        /// Options.
        "options" options: Vec<String>;
    }

    /// Memory as a file system inside a container.
    TmpfsMount {
        /// Where the container sees it.
        "destination" destination: String;
        /// Its size.
        "size" size: String;
        /// Options.
        "options" options: Vec<String>;
    }

    /// A path of the node inside a container.
    HostPathMount {
        /// The path on the node.
        "source" source: String;
        /// Where the container sees it.
        "destination" destination: String;
        /// Options.
        "options" options: Vec<String>;
    }

    /// A mount of a container. Exactly one kind is set.
    ContainerMount {
        /// A user volume.
        "userVolume" user_volume: Option<UserVolumeMount> => presence;
        /// Memory.
        "tmpfs" tmpfs: Option<TmpfsMount> => presence;
        /// A path of the node.
        "hostPath" host_path: Option<HostPathMount> => presence;
    }

    /// Privileges of a container.
    ContainerCapabilities {
        /// Capabilities that it gets.
        "add" add: Vec<String>;
        /// Capabilities that it loses.
        "drop" drop: Vec<String>;
    }

    /// How a container is confined.
    ContainerSecurity {
        /// `restricted` (when left out) or `privileged`.
        "profile" profile: String;
        /// Privileges.
        "capabilities" capabilities: ContainerCapabilities;
    }

    /// The network of a container.
    ContainerNetwork {
        /// `none` or `host`.
        "mode" mode: String;
    }

    /// What a container may use at most.
    ContainerResourceLimits {
        /// Processor time: cores, or thousandths with `m`.
        "cpu" cpu: String;
        /// Memory.
        "memory" memory: String;
    }

    /// What a container may use.
    ContainerResources {
        /// At most.
        "limits" limits: ContainerResourceLimits;
    }

    /// What a container waits for.
    ContainerDependsOn {
        /// Paths that must exist.
        "paths" paths: Vec<String>;
        /// What of the network must be ready: addresses, connectivity, hostname, etcfiles.
        "networks" networks: Vec<NetworkCondition>;
        /// Whether the clock must be right.
        "time" time: Option<bool>;
        /// Containers that must run.
        "containers" containers: Vec<String>;
    }

    /// A container that runs beside Kubernetes.
    ContainerConfig {
        /// The name.
        "name" name: String => enforced;
        /// Its image, best with a digest.
        "image" image: String => enforced;
        /// The program, instead of the image's.
        "entrypoint" entrypoint: Vec<String>;
        /// The arguments, instead of the image's.
        "args" args: Vec<String>;
        /// The directory it starts in.
        "workingDir" working_dir: String;
        /// The user it runs as.
        "runAs" run_as: ContainerRunAs;
        /// Its environment, each entry as NAME=value.
        "environment" environment: Vec<String> => redaction(Redaction::Assigned);
        /// Its mounts.
        "mounts" mounts: Vec<ContainerMount>;
        /// How it is confined.
        "security" security: ContainerSecurity;
        /// Its network.
        "network" network: ContainerNetwork;
        /// What it may use.
        "resources" resources: ContainerResources;
        /// What it waits for.
        "dependsOn" depends_on: ContainerDependsOn;
    }
}
