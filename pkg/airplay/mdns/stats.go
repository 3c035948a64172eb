package mdns

// Stats is what a Responder has done and how it stands.
type Stats struct {
	IPv4, IPv6           PortState
	HeardIPv4, HeardIPv6 Hearing    // as the last self-check found, where it was worst
	Host                 string     // the host's name now, with ".local"
	Renamed              []Renaming // who goes by another name than asked for
	Services             int        // that are published
	Established          int        // of these: known to be ours alone
	Received             uint64     // packets, without our own
	Malformed            uint64     // packets that could not be read
	Sent                 uint64     // packets
	SendFailures         uint64
	Renames              uint64 // after conflicts
}

// A Renaming is a name that another host has, and the one taken instead.
type Renaming struct {
	Wanted, Now string // an instance, or a host with ".local"
}
