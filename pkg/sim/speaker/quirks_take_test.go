package speaker_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// didlOf is metadata about url.
func didlOf(class, protocolInfo, url string) string {
	return `<DIDL-Lite xmlns="urn:schemas-upnp-org:metadata-1-0/DIDL-Lite/" xmlns:dc="http://purl.org/dc/elements/1.1/"` +
		` xmlns:upnp="urn:schemas-upnp-org:metadata-1-0/upnp/"><item id="1" parentID="0" restricted="1"><dc:title>x</dc:title>` +
		`<upnp:class>` + class + `</upnp:class><res protocolInfo="` + protocolInfo + `">` + url + `</res></item></DIDL-Lite>`
}

const (
	broadcast = "object.item.audioItem.audioBroadcast"
	musics    = "object.item.audioItem.musicTrack"
	aWAV      = "http-get:*:audio/wav:*"
)

func load(t *testing.T, s *speaker.Speaker, url, metadata string) (fault int) {
	t.Helper()
	_, fault = call(t, s, "AVTransport", "SetAVTransportURI", "InstanceID", "0", "CurrentURI", url, "CurrentURIMetaData", metadata)
	return fault
}

func transportState(t *testing.T, s *speaker.Speaker) string {
	t.Helper()
	return mustCall(t, s, "AVTransport", "GetTransportInfo", "InstanceID", "0")["CurrentTransportState"]
}

func TestLockedUntilStop(t *testing.T) {
	s := start(t, speaker.Options{Quirks: speaker.Quirks{LockedUntilStop: true}})
	url := live(t)
	for range 2 {
		if got := load(t, s, url, ""); got != 705 {
			t.Errorf("before a Stop: want 705, got %d", got)
		}
	}
	for round := range 2 {
		_, _ = call(t, s, "AVTransport", "Stop", "InstanceID", "0") // refused without media, yet it unlocks
		if got := load(t, s, url, ""); got != 0 {
			t.Errorf("round %d, after a Stop: want success, got %d", round, got)
		}
		if got := load(t, s, url, ""); got != 705 {
			t.Errorf("round %d, a URI without a Stop of its own: want 705, got %d", round, got)
		}
	}
}

func TestNotFoundFirst(t *testing.T) {
	s := start(t, speaker.Options{Quirks: speaker.Quirks{NotFoundFirst: true}})
	url := live(t)
	for i, want := range []int{716, 0, 0} {
		if got := load(t, s, url, ""); got != want {
			t.Errorf("URI %d: want %d, got %d", i, want, got)
		}
	}
}

func TestSlowStop(t *testing.T) {
	s := start(t, speaker.Options{Quirks: speaker.Quirks{SlowStop: 300 * time.Millisecond}})
	first, second := live(t), live(t)
	play(t, s, first)
	eventually(t, "sound", func() bool { return s.State() == speaker.Playing })
	mustCall(t, s, "AVTransport", "Stop", "InstanceID", "0")
	if got := transportState(t, s); got != "PLAYING" {
		t.Errorf("right after Stop: want PLAYING, got %s", got)
	}
	uri := func() string {
		return mustCall(t, s, "AVTransport", "GetMediaInfo", "InstanceID", "0")["CurrentURI"]
	}
	if got := load(t, s, second, ""); got != 0 || uri() != first {
		t.Errorf("a URI meanwhile: want it taken and lost, got fault %d and %s", got, uri())
	}
	eventually(t, "the end of Stop", func() bool { return transportState(t, s) == "STOPPED" })
	if got := load(t, s, second, ""); got != 0 || uri() != second {
		t.Errorf("a URI later: want it taken, got fault %d and %s", got, uri())
	}
}

func TestClassesRefused(t *testing.T) {
	url := live(t)
	s := start(t, speaker.Options{Quirks: speaker.Quirks{RefusesBroadcast: true}})
	if got := load(t, s, url, didlOf(broadcast, aWAV, url)); got != 714 {
		t.Errorf("broadcast: want 714, got %d", got)
	}
	if got := load(t, s, url, didlOf(musics, aWAV, url)); got != 0 {
		t.Errorf("track: want success, got %d", got)
	}
}

func TestClassesIgnored(t *testing.T) {
	url := live(t)
	s := start(t, speaker.Options{Quirks: speaker.Quirks{IgnoresBroadcast: true}})
	playAs := func(class string) {
		if got := load(t, s, url, didlOf(class, aWAV, url)); got != 0 {
			t.Fatalf("want success, got %d", got)
		}
		mustCall(t, s, "AVTransport", "Play", "InstanceID", "0", "Speed", "1")
	}
	playAs(broadcast)
	if got := transportState(t, s); got != "TRANSITIONING" || s.Stats().Requests != 0 {
		t.Errorf("want TRANSITIONING and no GET, got %s and %d", got, s.Stats().Requests)
	}
	playAs(musics)
	eventually(t, "sound", func() bool { return s.State() == speaker.Playing })
}

// requestLog notes the requests of a stream server in their order.
type requestLog struct {
	mu   sync.Mutex // guards what follows
	list []string   // "GET bytes=0-1"
}

func (v *requestLog) add(r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	what := r.Method
	if ranged := r.Header.Get("Range"); ranged != "" {
		what += " " + ranged
	}
	v.list = append(v.list, what)
}

func (v *requestLog) all() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string(nil), v.list...)
}

func TestHEADAtURI(t *testing.T) {
	tests := []struct {
		name        string
		status      int
		contentType string
		want        int
	}{
		{"in the Sink", http.StatusOK, "audio/wav", 0},
		{"spelled otherwise", http.StatusOK, "audio/x-wav", 714},
		{"missing", http.StatusNotFound, "audio/wav", 716},
		{"HEAD refused", http.StatusMethodNotAllowed, "audio/wav", 716},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var seen requestLog
			url := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
				seen.add(r)
				w.Header().Set("Content-Type", tt.contentType)
				w.WriteHeader(tt.status)
			})
			s := start(t, speaker.Options{Quirks: speaker.Quirks{HEADAtURI: true}})
			if got := load(t, s, url, ""); got != tt.want {
				t.Errorf("want %d, got %d", tt.want, got)
			}
			if got := seen.all(); len(got) != 1 || got[0] != http.MethodHead {
				t.Errorf("want one HEAD, got %v", got)
			}
		})
	}
}
