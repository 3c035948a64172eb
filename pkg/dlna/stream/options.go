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
	Codec           audio.Codec     // gives the ending of Path
	Name            string          // icy-name: of the stream, as a player may show it; may be ""
	Header          []byte          // sent before the sound to every reader that does not begin in its middle; may be nil
	Length          settings.Length // LengthAuto: as LengthNone
	ContentType     string          // Content-Type, as the renderer's Sink spells it
	ContentFeatures string          // contentFeatures.dlna.org, the fourth field of protocolInfo; "" sends none
	RingBytes       int             // bound of the sound kept; 0 means 2 MiB
	Peer            netip.Addr      // who may read; the zero Addr means anybody
	// OnLateRequest is called when Peer requests the stream 2 s or more after Discard,
	// once in 10 s at most: somebody may have pressed play, or the player retries by
	// itself. The answer is 404 in any case, a second later. It must not block; the
	// last 64 streams are remembered for it. Nil: no call.
	OnLateRequest func()
}

// Stats counts what happened to one stream.
type Stats struct {
	Requests      uint64 // GET and HEAD that were let in
	Readers       int    // GETs being answered now
	BytesWritten  int64  // sound in, the header not counted
	FramesWritten int64  // the same in frames
	BytesRead     int64  // out, over all readers, headers counted
	Overruns      uint64 // readers that fell out of the ring and were moved on
	Behind        int64  // bytes kept that no reader has taken yet
	Opened        time.Time
	FirstByte     time.Time // first sound handed to a reader; zero: none yet
}
