package stream

import (
	"net/netip"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// defaultRingBytes holds 12 s of CD sound as WAV, about 20 s as FLAC.
const defaultRingBytes = 2 << 20

// Options of one stream.
type Options struct {
	Codec           audio.Codec     // determines the extension of Path
	Name            string          // icy-name: of the stream, as a player may show it; may be ""
	Header          []byte          // sent before the sound to every reader that does not begin in its middle; may be nil
	Length          settings.Length // LengthAuto: as LengthNone
	ContentType     string          // Content-Type, as the renderer's Sink spells it
	ContentFeatures string          // contentFeatures.dlna.org, the fourth field of protocolInfo; "" sends none
	RingBytes       int             // most bytes of sound kept; 0 means 2 MiB
	Peer            netip.Addr      // who may read; the zero Addr means anybody
	// OnLateRequest is called when Peer requests the stream 2 s or more after Discard,
	// at most once in 10 s: the user may have pressed play, or the player retries by
	// itself. The answer is 404 in any case, a second later. It must not block; it is
	// called for the last 64 streams. May be nil.
	OnLateRequest func()
}

// Stats counts what happened to one stream.
type Stats struct {
	Requests      uint64 // GET and HEAD that were admitted
	Readers       int    // GETs being answered now
	BytesWritten  int64  // to the stream, without the header
	FramesWritten int64  // the same in frames
	BytesRead     int64  // by all readers together, including headers
	Overruns      uint64 // readers that were too slow for the ring and had to skip
	Behind        int64  // bytes kept that no reader has read yet
	Opened        time.Time
	FirstByte     time.Time // when sound was first sent to a reader; zero: not yet
}
