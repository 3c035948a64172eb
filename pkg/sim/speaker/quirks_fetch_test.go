package speaker_test

import (
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// A liveServer is an endless WAV of silence, served in several ways.
type liveServer struct {
	length   string // "none", "chunked" or "content"
	requests requestLog
}

func (l *liveServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.requests.add(r)
	stream := append(wav(nil, 16, 0xffffffff), make([]byte, 44100)...)
	h := w.Header()
	h.Set("Content-Type", "audio/wav")
	switch l.length {
	case "none":
		h.Set("Transfer-Encoding", "identity")
	case "content":
		h.Set("Content-Length", "2147483647")
	}
	if ranged := r.Header.Get("Range"); ranged == "bytes=0-1" {
		h.Set("Content-Range", "bytes 0-1/2147483647")
		h.Set("Content-Length", "2")
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(stream[:2]) // a player that is gone needs none
		return
	} else if ranged != "" {
		h.Set("Content-Range", "bytes 0-2147483646/2147483647")
		w.WriteHeader(http.StatusPartialContent)
	}
	if r.Method == http.MethodHead {
		return
	}
	for err := error(nil); err == nil; stream = stream[len(stream)-44100:] {
		_, err = w.Write(stream)
	}
}

func TestCodecsRefused(t *testing.T) {
	pcm := noise(5000, 16)
	streams := map[audio.Codec]struct {
		contentType string
		body        []byte
	}{
		audio.WAV:  {"audio/wav", wav(pcm, 16, 0xffffffff)},
		audio.FLAC: {"audio/flac", flacStream(t, pcm, 16)},
		audio.L16:  {"audio/L16;rate=44100;channels=2", packBE16(pcm)},
	}
	for codec, stream := range streams {
		for _, refused := range []bool{true, false} {
			q := speaker.Quirks{Refuses: []audio.Codec{audio.MP3}}
			if refused {
				q.Refuses = append(q.Refuses, codec)
			}
			s := start(t, speaker.Options{Pace: speaker.PaceFree, Quirks: q})
			play(t, s, serveStream(t, stream.contentType, stream.body))
			eventually(t, "the end", func() bool { return s.State() == speaker.Stopped })
			if played := s.Stats().FramesPlayed > 0; played == refused {
				t.Errorf("%v, refused %v: played %v", codec, refused, played)
			}
		}
	}
}

func TestLengthsWanted(t *testing.T) {
	tests := []struct {
		want   speaker.Length
		length string
		plays  bool
	}{
		{speaker.LengthAny, "none", true},
		{speaker.LengthAny, "content", true},
		{speaker.LengthFramed, "none", false},
		{speaker.LengthFramed, "chunked", true},
		{speaker.LengthFramed, "content", true},
		{speaker.LengthContent, "chunked", false},
		{speaker.LengthContent, "content", true},
	}
	for _, tt := range tests {
		t.Run(tt.want.String()+"/"+tt.length, func(t *testing.T) {
			s := start(t, speaker.Options{Quirks: speaker.Quirks{Lengths: map[audio.Codec]speaker.Length{audio.WAV: tt.want}}})
			play(t, s, serveFunc(t, (&liveServer{length: tt.length}).ServeHTTP))
			want := speaker.Stopped
			if tt.plays {
				want = speaker.Playing
			}
			eventually(t, want.String(), func() bool { return s.State() == want })
		})
	}
}

func TestProbes(t *testing.T) {
	tests := []struct {
		name   string
		quirks speaker.Quirks
		want   []string
	}{
		{"none", speaker.Quirks{}, []string{"GET"}},
		{"HEAD first", speaker.Quirks{HEADFirst: true}, []string{"HEAD", "GET"}},
		{"two GETs", speaker.Quirks{TwoGETs: true}, []string{"GET", "GET"}},
		{"ranges", speaker.Quirks{ProbesRanges: true}, []string{"GET bytes=0-1", "GET bytes=2147483519-", "GET"}},
		{"206", speaker.Quirks{Wants206: true}, []string{"GET bytes=0-"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := &liveServer{length: "chunked"}
			s := start(t, speaker.Options{Quirks: tt.quirks})
			play(t, s, serveFunc(t, server.ServeHTTP))
			eventually(t, "sound", func() bool { return s.State() == speaker.Playing })
			if got := server.requests.all(); !slices.Equal(tt.want, got) {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
}

func TestProbesThatFailEndIt(t *testing.T) {
	url := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", "audio/wav")
		_, _ = w.Write(wav(noise(100, 16), 16, 400)) // 200 to every range
	})
	for _, q := range []speaker.Quirks{{HEADFirst: true}, {ProbesRanges: true}, {Wants206: true}} {
		s := start(t, speaker.Options{Pace: speaker.PaceFree, Quirks: q})
		play(t, s, url)
		eventually(t, "the end", func() bool { return s.State() == speaker.Stopped })
		if got := s.Stats().FramesPlayed; got != 0 {
			t.Errorf("%+v: want nothing played, got %d frames", q, got)
		}
	}
}

func TestReconnects(t *testing.T) {
	s := start(t, speaker.Options{Pace: speaker.PaceFree, Quirks: speaker.Quirks{ReconnectAfter: 50 * time.Millisecond}})
	play(t, s, live(t))
	eventually(t, "five connections", func() bool { return s.Stats().Requests >= 5 })
	if got := s.State(); got != speaker.Playing {
		t.Errorf("want it playing all the while, got %v", got)
	}
}

func TestStopsReading(t *testing.T) {
	const after = 200 * time.Millisecond
	s := start(t, speaker.Options{Pace: speaker.PaceFree, Quirks: speaker.Quirks{StopReadingAfter: after}})
	play(t, s, live(t))
	eventually(t, "what it read", func() bool { return s.Position() >= after })
	if got := transportState(t, s); got != "PLAYING" {
		t.Errorf("want PLAYING, got %s", got)
	}
	if got := s.Position(); got > after+50*time.Millisecond {
		t.Errorf("want it to stand at %v, got %v", after, got)
	}
}

func TestBufferBytes(t *testing.T) {
	const want = 64 << 10
	s := start(t, speaker.Options{Quirks: speaker.Quirks{BufferBytes: want}})
	goOn := make(chan struct{})
	play(t, s, serveFunc(t, func(w http.ResponseWriter, _ *http.Request) {
		stream := wav(make([]int32, want), 16, 0xffffffff)
		_, err := w.Write(stream[:want/2])
		if err == nil {
			err = http.NewResponseController(w).Flush()
		}
		<-goOn
		for err == nil {
			_, err = w.Write(stream[want/2:])
		}
	}))
	eventually(t, "half of it", func() bool { return s.Stats().BytesRead >= want/2 })
	if got := s.State(); got != speaker.Transitioning {
		t.Errorf("with half of its buffer: want %v, got %v", speaker.Transitioning, got)
	}
	close(goOn)
	eventually(t, "sound", func() bool { return s.State() == speaker.Playing })
}

// TestSkew compares two clocks that run side by side: ten times is far from
// what a loaded machine does to one of them.
func TestSkew(t *testing.T) {
	url := live(t)
	fast := start(t, speaker.Options{Quirks: speaker.Quirks{SkewPPM: 9e6}})
	plain := start(t, speaker.Options{})
	play(t, plain, url)
	play(t, fast, url)
	eventually(t, "5 s on the fast clock", func() bool { return fast.Position() >= 5*time.Second })
	if got := plain.Position(); got > 4*time.Second {
		t.Errorf("want the plain clock far behind, got %v", got)
	}
	out := mustCall(t, fast, "AVTransport", "GetPositionInfo", "InstanceID", "0")
	seconds, err := strconv.Atoi(out["RelTime"][len(out["RelTime"])-2:])
	if err != nil || seconds < 5 {
		t.Errorf("want RelTime by what was consumed, got %s", out["RelTime"])
	}
}

func TestReboots(t *testing.T) {
	s := start(t, speaker.Options{Quirks: speaker.Quirks{RebootAfter: 50 * time.Millisecond}})
	before := s.Location()
	callback, notices := subscriber(t)
	subscribe(t, s, "AVTransport", map[string]string{"NT": "upnp:event", "CALLBACK": callback})
	next(t, notices)
	play(t, s, live(t))
	eventually(t, "the reboot", func() bool { return s.Boots() == 2 && s.Location() != before })
	eventually(t, "it to answer", func() bool {
		resp, err := http.Get(s.Location())
		if err == nil {
			resp.Body.Close()
		}
		return err == nil
	})
	if got := transportState(t, s); got != "NO_MEDIA_PRESENT" {
		t.Errorf("want nothing loaded, got %s", got)
	}
	if got := s.Subscriptions(); got != 0 {
		t.Errorf("want no subscription left, got %d", got)
	}
	play(t, s, live(t))
	eventually(t, "sound again", func() bool { return s.Position() > 100*time.Millisecond })
	if got := s.Boots(); got != 2 {
		t.Errorf("want one reboot, got %d starts", got)
	}
}
