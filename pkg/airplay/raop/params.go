package raop

import (
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

//go:generate go tool stringer -type=PayloadCodec -linecomment -output=payloadcodec_string.go

// A PayloadCodec is a form in which a sender may send. Its String is the name
// that rtpmap uses, less the rate.
type PayloadCodec uint8

const (
	PayloadUnknown PayloadCodec = iota // unknown
	ALAC                               // AppleLossless
	L16                                // L16
)

// StreamParams are what an ANNOUNCE says about the packets to come.
type StreamParams struct {
	Codec       PayloadCodec
	Format      audio.Format
	FrameLength int // frames per packet; some packets have fewer
	ALAC        ALACParams
	Encrypted   bool // on the wire; packets are handed over decrypted
	// The sender's bounds for the delay from its sync packets to playback, in
	// frames; 0 where it sets none.
	MinLatency, MaxLatency int
}

// ALACParams are the decoder's tuning, the part of the magic cookie that is
// not in the rest of StreamParams.
type ALACParams struct {
	PB, MB, KB int // rice history multiplier, initial history, limit
	MaxRun     int
}

// ClientInfo is what a sender says about itself; each text may be empty.
type ClientInfo struct {
	Name         string // "Joe's iPhone"
	UserAgent    string // "AirPlay/745.83", "iTunes/12.9"
	Addr         netip.AddrPort
	DACPID       string // names the sender's remote control service
	Instance     string // Client-Instance: the program while it runs; iTunes and airtunes2 repeat the DACP-ID here
	ActiveRemote string // token for it, opaque
}
