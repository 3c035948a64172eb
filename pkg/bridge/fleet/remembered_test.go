package fleet

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
)

// Speakers are looked at where they were when they played last, once and before
// any search.
func TestRememberedSpeakersAreLookedAt(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	memory, err := quirk.OpenMemory("")
	if err != nil {
		t.Fatal(err)
	}
	h := newHarnessWith(t, func(o *Options) { o.Memory = memory })
	format := quirk.StreamFormat{Codec: audio.FLAC, Class: quirk.ClassTrack, MIME: "audio/flac", Features: "*"}
	where := quirk.Place{Location: server.URL + "/1.xml", From: netip.MustParseAddr("127.0.0.1")}
	if err := memory.Remember("uuid:1", format, where, h.now); err != nil {
		t.Fatal(err)
	}
	h.lookAtRemembered(h.now)
	select {
	case f := <-h.inbox.foundC:
		if f.location != where.Location || f.from != where.From {
			t.Errorf("want a look at %v, got %+v", where, f)
		}
	case <-time.After(10 * time.Second):
		t.Error("want a look at where the speaker was")
	}
}
