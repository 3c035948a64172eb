package raop

import (
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

//go:generate go tool stringer -type=PayloadCodec -linecomment -output=payloadcodec_string.go

// A PayloadCodec is the codec of the packets that a sender sends. Its String is the
// name in rtpmap, without the rate.
type PayloadCodec uint8

const (
	PayloadUnknown PayloadCodec = iota // unknown
	ALAC                               // AppleLossless
	L16                                // L16
)

// StreamParams describe the packets to come, as the ANNOUNCE does.
type StreamParams struct {
	Codec       PayloadCodec
	Format      audio.Format
	FrameLength int // frames per packet; some packets have fewer
	ALAC        ALACParams
	Encrypted   bool // on the wire; the Handler gets packets decrypted
	// The sender's bounds for the delay from its sync packets to playback, in
	// frames; 0 where it sets none.
	MinLatency, MaxLatency int
}

// ALACParams are parameters of the decoder: the part of the magic cookie that is not
// in the rest of StreamParams.
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
