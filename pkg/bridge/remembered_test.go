package bridge

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
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
	way := quirk.StreamFormat{Codec: audio.FLAC, Class: quirk.ClassTrack, MIME: "audio/flac", Features: "*"}
	where := quirk.Place{Location: server.URL + "/1.xml", From: netip.MustParseAddr("127.0.0.1")}
	if err := memory.Remember("uuid:1", way, where, noticedAt); err != nil {
		t.Fatal(err)
	}
	m := NewManager(ManagerOptions{Client: upnp.NewClient(upnp.Options{}), Memory: memory})
	ctx, cancel := context.WithCancel(t.Context())
	group, ctx := errgroup.WithContext(ctx)
	known := newPlaces()
	m.lookAtRemembered(ctx, group, known, noticedAt)
	select {
	case f := <-m.foundC:
		if f.location != where.Location || f.from != where.From {
			t.Errorf("want a look at %v, got %+v", where, f)
		}
	case <-time.After(10 * time.Second):
		t.Error("want a look at where the speaker was")
	}
	cancel()
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}
