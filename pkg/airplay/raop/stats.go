package raop

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

// Stats count what a Receiver has done since it was made.
type Stats struct {
	RTSP         rtsp.Stats
	Packets      PacketStats // of all sessions
	Sessions     uint64      // senders that were accepted
	RefusedBusy  uint64      // senders that were refused because another one plays
	FailedLogins uint64      // wrong passwords
	Active       bool        // there is a session now
}

// PacketStats count UDP packets.
type PacketStats struct {
	Received    uint64 // audio packets, duplicates included, resent ones not
	Resent      uint64 // audio packets that came as resent: answers to resend requests
	Unavailable uint64 // answers to resend requests that the packet is no longer available
	Malformed   uint64 // dropped: from the sender, but cut off or of no known kind
	Foreign     uint64 // dropped: from another address than the sender's
}

func (p *PacketStats) add(o PacketStats) {
	p.Received += o.Received
	p.Resent += o.Resent
	p.Unavailable += o.Unavailable
	p.Malformed += o.Malformed
	p.Foreign += o.Foreign
}

// SessionStats are the figures of one session.
type SessionStats struct {
	PacketStats
	RTT      time.Duration // round trip to the sender, by its best timing reply; 0 before the first
	DriftPPM float64       // by which the sender's clock runs fast against ours, as far as it is known
}
