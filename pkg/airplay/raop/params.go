package raop

import (
	"fmt"
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// A PayloadCodec is a form in which a sender may send.
type PayloadCodec uint8

const (
	PayloadUnknown PayloadCodec = iota
	ALAC                        // Apple Lossless, compressed or not
	L16                         // big-endian PCM
)

// String gives the name that rtpmap uses, less the rate: "AppleLossless".
func (c PayloadCodec) String() string {
	switch c {
	case PayloadUnknown:
		return "unknown"
	case ALAC:
		return "AppleLossless"
	case L16:
		return "L16"
	}
	return fmt.Sprintf("PayloadCodec(%d)", uint8(c))
}

// StreamParams are what an ANNOUNCE says about the packets to come.
type StreamParams struct {
	Codec       PayloadCodec
	Format      audio.Format
	FrameLength int // frames per packet; some packets have fewer
	ALAC        ALACParams
	Encrypted   bool // on the wire; packets are handed over decrypted
	// The sender's bounds for the delay from its sync packets to the ear, in
	// frames; 0 where it gives none.
	MinLatency, MaxLatency int
}

// ALACParams are the decoder's tuning, the part of the magic cookie that is
// not in the rest of StreamParams.
type ALACParams struct {
	PB, MB, KB int // rice history multiplier, initial history, limit
	MaxRun     int
}

// ClientInfo is what a sender tells about itself; each text may be empty.
type ClientInfo struct {
	Name         string // "Joe's iPhone"
	UserAgent    string // "AirPlay/745.83", "iTunes/12.9"
	Addr         netip.AddrPort
	DACPID       string // names the sender's remote control service
	Instance     string // Client-Instance: the program while it runs; iTunes and airtunes2 repeat the DACP-ID here
	ActiveRemote string // token for it, opaque
}
