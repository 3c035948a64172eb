package mdns

// Stats is what a Responder has done and how it stands.
type Stats struct {
	IPv4, IPv6           PortState
	HeardIPv4, HeardIPv6 Hearing    // as the last self-check found, where it was worst
	Host                 string     // the host's name now, with ".local"
	Renamed              []Renaming // who goes by another name than asked for
	Interfaces           int        // that it works on
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

// Stats is a copy of the counters.
func (r *Responder) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stats
	s.HeardIPv4, s.HeardIPv6 = r.hearing[familyIPv4], r.hearing[familyIPv6]
	s.Renames += r.proxy.renames
	if r.proxy.speaking {
		s.IPv4, s.IPv6 = throughAvahi(s.IPv4), throughAvahi(s.IPv6)
		s.Established = max(s.Established, r.proxy.established)
	}
	s.Renamed = r.renamedLocked()
	return s
}

func throughAvahi(s PortState) PortState {
	if s == PortHeld {
		return PortAvahi
	}
	return s
}

func (r *Responder) renamedLocked() []Renaming {
	var list []Renaming
	if wanted := usableLabel(r.opts.Hostname); r.stats.Host != "" && r.stats.Host != hostName(wanted) {
		list = append(list, Renaming{Wanted: hostName(wanted), Now: r.stats.Host})
	}
	for _, p := range r.published {
		if wanted := usableLabel(p.service.Instance); wanted != p.label {
			list = append(list, Renaming{Wanted: wanted, Now: p.label})
		}
	}
	return list
}

// noteEngine keeps how the engine stands, and tells when something changed that
// others depend on.
func (r *Responder) noteEngine(s Stats, own witness) {
	r.mu.Lock()
	before, witnessed := r.stats, r.own
	r.stats, r.own = s, own
	r.mu.Unlock()
	if s.IPv4 != before.IPv4 || s.IPv6 != before.IPv6 || own != witnessed {
		r.turned()
	}
}
