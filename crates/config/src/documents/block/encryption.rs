//! Encryption of volumes.

use crate::schema::Effect;
use crate::value::Secret;

choice! {
    /// The format of encryption.
    EncryptionProvider { Luks2 = "luks2" }

    /// The cipher.
    EncryptionCipher {
        AesXts = "aes-xts-plain64",
        AdiantumXchacha12 = "xchacha12,aes-adiantum-plain64",
        AdiantumXchacha20 = "xchacha20,aes-adiantum-plain64",
    }
}

record! {
    /// A passphrase in the configuration.
    EncryptionKeyStatic {
        /// The passphrase.
        "passphrase" passphrase: Secret;
    }

    /// A key made from the machine's identity: it keeps nobody out who has the machine.
    EncryptionKeyNodeID {}

    /// A key that a service on the network keeps.
    EncryptionKeyKMS {
        /// The service, as https:// or grpc:// URL.
        "endpoint" endpoint: String;
    }

    /// What of the boot a TPM key is bound to.
    EncryptionKeyTPMOptions {
        /// Registers, 0 to 23; only 7 when left out, none with an empty list.
        "pcrs" pcrs: Option<Vec<i32>> => presence;
    }

    /// A key that the machine's TPM keeps.
    EncryptionKeyTPM {
        /// What the key is bound to.
        "options" options: EncryptionKeyTPMOptions;
        /// Whether the key is made only while Secure Boot is on.
        "checkSecurebootStatusOnEnroll" check_secureboot_status_on_enroll: Option<bool>;
    }

    /// One of the keys that open a volume. Exactly one way to get the key is set.
    EncryptionKey {
        /// The slot of the key.
        "slot" slot: Option<u32>;
        /// A passphrase in the configuration.
        "static" static_key: Option<EncryptionKeyStatic> => presence;
        /// The machine's identity.
        "nodeID" node_id: Option<EncryptionKeyNodeID> => presence;
        /// A service on the network.
        "kms" kms: Option<EncryptionKeyKMS> => presence;
        /// The machine's TPM.
        "tpm" tpm: Option<EncryptionKeyTPM> => presence;
        /// Whether the key works only together with the STATE volume.
        "lockToState" lock_to_state: Option<bool>;
    }

    /// Encryption of a volume.
    EncryptionSpec {
        /// The format.
        "provider" provider: Option<EncryptionProvider> => enforced effect(Effect::Reinstall);
        /// The keys; changed keys are rotated at the next boot.
        "keys" keys: Vec<EncryptionKey> => enforced effect(Effect::Reboot);
        /// The cipher; aes-xts-plain64 when left out.
        "cipher" cipher: Option<EncryptionCipher> => effect(Effect::Reinstall);
        /// Bits of the volume's key.
        "keySize" key_size: Option<u32> => effect(Effect::Reinstall);
        /// Bytes of an encrypted block.
        "blockSize" block_size: Option<u64> => effect(Effect::Reinstall);
        /// Performance options: no_read_workqueue, no_write_workqueue, same_cpu_crypt.
        "options" options: Vec<String> => effect(Effect::Reboot);
        /// Whether discards reach the disk: it then shows which blocks are free.
        "allowDiscards" allow_discards: Option<bool> => effect(Effect::Reboot);
    }
}
