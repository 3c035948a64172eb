package fleet

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// zoneUDN is that of a Sonos player's renderer.
const zoneUDN = "uuid:RINCON_000E5800000101400_MR"

// findsZonePlayer tells of a Sonos player whose household is served at base.
func (h *harness) findsZonePlayer(base string) {
	h.t.Helper()
	location, err := url.Parse(base + "/xml/device_description.xml")
	if err != nil {
		h.t.Fatal(err)
	}
	f := newFound(h.t, &fakeDevice{state: "STOPPED"}, zoneUDN, "Kitchen")
	f.fingerprint = location.String()
	f.root = &upnp.Device{UDN: "uuid:RINCON_000E5800000101400", Location: location, Services: []upnp.Service{
		{Type: "urn:schemas-upnp-org:service:ZoneGroupTopology:1", Control: location.JoinPath("/topology")},
		{Type: "urn:schemas-upnp-org:service:DeviceProperties:1", Control: location.JoinPath("/properties")},
	}}
	h.looked(finding{location: location.String(), from: f.Address, found: []*found{f}})
}

// A household that does not say which players are rooms holds them back for a
// while, and no longer.
func TestPlayersOfASilentHousehold(t *testing.T) {
	hostile := map[string]http.HandlerFunc{
		"never": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // behind it the server sees that its client has gone
			<-r.Context().Done()
		},
		"a byte at a time": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write([]byte(" ")); err != nil || http.NewResponseController(w).Flush() != nil {
					return
				}
			}
		},
		"an error": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "busy", http.StatusServiceUnavailable) },
		"nonsense": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<ZoneGroupState><Zone")) },
	}
	for name, answer := range hostile {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(answer)
			t.Cleanup(func() {
				server.CloseClientConnections()
				server.Close()
			})
			h := newHarness(t)
			h.tasks.Go(func() error { return h.manager.households.Run(h.ctx) })
			h.findsZonePlayer(server.URL)
			for _, step := range []struct {
				after time.Duration
				want  int
			}{{0, 0}, {topologyWithin - time.Second, 0}, {time.Second, 1}, {time.Hour, 1}} {
				h.now = h.now.Add(step.after)
				h.regroup(h.now)
				if got := len(h.roster); got != step.want {
					t.Errorf("want %d speakers %v later, got %d", step.want, step.after, got)
				}
			}
			if s := h.roster[zoneUDN]; s == nil || s.bridge.Name() != "Kitchen (AirPlay)" {
				t.Errorf("want the player as it is, got %+v", s)
			}
		})
	}
}

// A Sonos player that stayed away is not offered again before it is found.
func TestZonePlayerGoneForGood(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	h := newHarness(t)
	h.findsZonePlayer(server.URL)
	h.now = h.now.Add(topologyWithin + time.Second)
	h.regroup(h.now)
	s := h.roster[zoneUDN]
	if s == nil {
		t.Fatal("want the player offered")
	}
	for range absentAfter {
		h.fails(s.location)
	}
	h.now = h.now.Add(h.options.Grace + time.Minute)
	h.survey(h.now)
	h.regroup(h.now)
	if n := len(h.roster); n != 0 {
		t.Errorf("want it gone, got %d speakers", n)
	}
}
