//! Settings of network cards.

use indexmap::IndexMap;

choice! {
    /// What wakes a machine over the network.
    WakeOnLan {
        Phy = "phy",
        Unicast = "unicast",
        Multicast = "multicast",
        Broadcast = "broadcast",
        Magic = "magic",
        MagicSecure = "magicsecure",
        Filter = "filter",
    }
}

record! {
    /// Sizes of a card's rings.
    EthernetRingsConfig {
        /// Receive ring.
        "rx" rx: Option<u32>;
        /// Transmit ring.
        "tx" tx: Option<u32>;
        /// Receive ring for small packets.
        "rx-mini" rx_mini: Option<u32>;
        /// Receive ring for jumbo packets.
        "rx-jumbo" rx_jumbo: Option<u32>;
        /// Bytes of a receive buffer.
        "rx-buf-len" rx_buf_len: Option<u32>;
        /// Bytes of a completion queue entry.
        "cqe-size" cqe_size: Option<u32>;
        /// Whether packets are pushed to the card on transmit.
        "tx-push" tx_push: Option<bool>;
        /// Whether packets are pushed from the card on receive.
        "rx-push" rx_push: Option<bool>;
        /// Bytes of the transmit push buffer.
        "tx-push-buf-len" tx_push_buf_len: Option<u32>;
        /// Whether headers and data are split on receive.
        "tcp-data-split" tcp_data_split: Option<bool>;
    }

    /// Numbers of a card's queues.
    EthernetChannelsConfig {
        /// Receive queues.
        "rx" rx: Option<u32>;
        /// Transmit queues.
        "tx" tx: Option<u32>;
        /// Queues for other purposes.
        "other" other: Option<u32>;
        /// Queues that do both.
        "combined" combined: Option<u32>;
    }

    /// Settings of a network card.
    EthernetConfig {
        /// The link, by name or alias.
        "name" name: String => required;
        /// Features by the name that the driver gives them.
        "features" features: IndexMap<String, bool>;
        /// Sizes of rings.
        "rings" rings: EthernetRingsConfig;
        /// Numbers of queues.
        "channels" channels: EthernetChannelsConfig;
        /// What wakes the machine.
        "wakeOnLan" wake_on_lan: Vec<String>;
    }
}
