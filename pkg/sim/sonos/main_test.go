package sonos_test

import (
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/sim/sonos"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const waitTimeout = 10 * time.Second

var loopbackAddr = netip.MustParseAddr("127.0.0.1")

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start runs a household for the length of the test.
func start(t *testing.T, o sonos.Options) *sonos.Household {
	t.Helper()
	o.ID, o.Listen = "Sonos_test", loopbackAddr
	h, err := sonos.New(o)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	select {
	case <-h.Ready():
	case <-time.After(waitTimeout):
		t.Fatal("the household does not come up")
	}
	return h
}

// eventually waits for what a goroutine of the household brings about.
func eventually(t *testing.T, what string, reached func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	timeout := time.After(waitTimeout)
	for !reached() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("timed out waiting for %s", what)
		}
	}
}

// service is one of a player's, by its name.
func service(t *testing.T, p *sonos.Player, name string) (*upnp.Client, upnp.Service) {
	t.Helper()
	client := upnp.NewClient(upnp.Options{})
	root, err := client.Describe(t.Context(), p.Location(), loopbackAddr)
	must(t, err)
	svc, ok := root.Service("urn:schemas-upnp-org:service:" + name + ":")
	if !ok {
		t.Fatalf("%s has no %s", p.Room(), name)
	}
	return client, svc
}

type instanceIn struct{ InstanceID string }

var instance = instanceIn{"0"}

// play has a player fetch uri and play it.
func play(t *testing.T, p *sonos.Player, uri string) {
	t.Helper()
	client, svc := service(t, p, "AVTransport")
	in := struct{ InstanceID, CurrentURI, CurrentURIMetaData string }{InstanceID: "0", CurrentURI: uri}
	must(t, client.Call(t.Context(), svc, "SetAVTransportURI", in, nil))
	must(t, client.Call(t.Context(), svc, "Play", struct{ InstanceID, Speed string }{"0", "1"}, nil))
}

// radio serves endless WAV whose samples count up, and gives its URL.
func radio(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "audio/wav")
		if _, err := io.WriteString(w, wavHead); err != nil {
			return
		}
		chunk := make([]byte, 0, 4096)
		for sample := uint16(0); r.Context().Err() == nil; {
			chunk = chunk[:0]
			for range 1024 {
				chunk = binary.LittleEndian.AppendUint16(chunk, sample)
				sample++
			}
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL + "/stream.wav"
}

// wavHead begins endless WAV of 44.1 kHz, 16 bit, stereo.
const wavHead = "RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00\x02\x00\x44\xac\x00\x00\x10\xb1\x02\x00\x04\x00\x10\x00data\xff\xff\xff\xff"
