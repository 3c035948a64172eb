package bridge

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// zoneUDN is that of a Sonos player's renderer.
const zoneUDN = "uuid:RINCON_000E5800000101400_MR"

// findsPlayer has the house find a Sonos player whose household is served at base.
func (h *house) findsPlayer(base string) {
	h.t.Helper()
	location, err := url.Parse(base + "/xml/device_description.xml")
	if err != nil {
		h.t.Fatal(err)
	}
	t := fakeTarget(h.t, &fakeDevice{state: "STOPPED"}, zoneUDN, "Kitchen")
	t.fingerprint = location.String()
	t.root = &upnp.Device{UDN: "uuid:RINCON_000E5800000101400", Location: location, Services: []upnp.Service{
		{Type: "urn:schemas-upnp-org:service:ZoneGroupTopology:1", Control: location.JoinPath("/topology")},
		{Type: "urn:schemas-upnp-org:service:DeviceProperties:1", Control: location.JoinPath("/properties")},
	}}
	h.tells(finding{location: location.String(), from: t.address, targets: []*target{t}})
}

// A household that does not tell who is a room holds its players back for a
// while, and no longer.
func TestPlayersOfAHouseholdThatDoesNotTell(t *testing.T) {
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
			h := newHouse(t)
			h.group.Go(func() error { return h.households.Run(h.ctx) })
			h.findsPlayer(server.URL)
			for _, step := range []struct {
				after time.Duration
				want  int
			}{{0, 0}, {topologyWithin - time.Second, 0}, {time.Second, 1}, {time.Hour, 1}} {
				h.now = h.now.Add(step.after)
				h.regroup(h.ctx, h.group, h.now)
				if got := len(h.roster); got != step.want {
					t.Errorf("want %d speakers %v later, got %d", step.want, step.after, got)
				}
			}
			if e := h.roster[zoneUDN]; e == nil || e.bridge.Name() != "Kitchen (AirPlay)" {
				t.Errorf("want the player as it is, got %+v", e)
			}
		})
	}
}

// The household that an answer to a search names is known at its LOCATION.
func TestHouseholdOfAnAnswer(t *testing.T) {
	p, now := newPlaces(), time.Now()
	p.visit(ssdp.Answer{Location: wired, Household: "Sonos_1"}, now)
	p.visit(ssdp.Answer{Location: wired}, now) // not all its answers name it
	if got := p.household(wired); got != "Sonos_1" {
		t.Errorf("want Sonos_1, got %q", got)
	}
	if got := p.household(wireless); got != "" {
		t.Errorf("want no household where none was named, got %q", got)
	}
}

// room has the desk's speaker be a Sonos room; doubts counts how often its
// household is looked at again.
func (d *desk) room() (f *fakeDevice, t *target, doubts *int) {
	f, t = d.device()
	doubts = new(int)
	t.plays = &roomDevice{Renderer: t.renderer, own: t.renderer, volume: &roomVolume{}, refused: func() { *doubts++ }}
	d.attach(t)
	synctest.Wait()
	return f, t, doubts
}

// A player that stops as its group has changed is started again at once, as
// often as that happens; one that is stopped without it is left alone.
func TestStopsOfAGroupThatChanges(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, _, _ := d.room()
		d.sound()
		d.after(5*time.Second, StatePlaying)
		for range 3 {
			d.post(message{regrouped: true})
			f.is("STOPPED")
			d.after(4*time.Second, StatePlaying)
		}
		if got := f.actions(); got != "Play Play Play Play" {
			t.Errorf("want it started again after each change, got %s", got)
		}
		d.after(regroupTime, StatePlaying)
		f.is("STOPPED")
		d.after(5*time.Second, StatePlaying)
		f.is("STOPPED")
		d.after(5*time.Second, StateReleased)
	})
}

// A session that waits goes on as soon as the group is known.
func TestWaitingEndsWithTheGroup(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, at, doubts := d.room()
		d.sound()
		d.after(5*time.Second, StatePlaying)
		f.is("STOPPED")
		d.hears(at, renderer.TakenOver{URI: "x-rincon:RINCON_000E5800000201400"})
		d.after(0, StateRetrying)
		if *doubts == 0 {
			t.Error("want the household looked at again")
		}
		d.post(message{regrouped: true})
		d.after(0, StatePlaying)
		if got := f.actions(); got != "Play Play" {
			t.Errorf("want it started again, got %s", got)
		}
	})
}

// Who joins others that play leaves its own sender's sound, also one that
// waits.
func TestRoomYieldsToItsGroup(t *testing.T) {
	for name, before := range map[string]func(d *desk, at *target){
		"playing": func(*desk, *target) {},
		"waiting": func(d *desk, at *target) { d.hears(at, renderer.Lost{Reason: "gone"}) },
	} {
		t.Run(name, func(t *testing.T) {
			runDesk(t, func(d *desk) {
				f, at, _ := d.room()
				d.sound()
				d.after(5*time.Second, StatePlaying)
				before(d, at)
				d.post(message{regrouped: true, joins: true})
				d.after(time.Minute, StateReleased)
				if got := f.actions(); got != "Play" {
					t.Errorf("want the group left alone, got %s", got)
				}
			})
		})
	}
}

// A follower is a Sonos player that follows another one.
type follower struct{ asked []string }

func (f *follower) SCPD(context.Context, upnp.Service) (*upnp.SCPD, error) {
	return nil, upnp.ErrMalformed
}

func (f *follower) Call(_ context.Context, _ upnp.Service, action string, _, out any) error {
	f.asked = append(f.asked, action)
	if action == "GetMediaInfo" {
		reflect.ValueOf(out).Elem().FieldByName("CurrentURI").SetString("x-rincon:RINCON_000E5800000201400")
	}
	return nil
}

// A player that follows another gets no stream: that would break the group.
func TestFollowerGetsNoStream(t *testing.T) {
	client := &follower{}
	device := &upnp.Device{Location: &url.URL{}, Services: []upnp.Service{{Type: "urn:schemas-upnp-org:service:AVTransport:1"}}}
	r, err := renderer.New(device, renderer.Options{Client: client})
	if err != nil {
		t.Fatal(err)
	}
	input, err := sonos.NewInput(client, device)
	if err != nil {
		t.Fatal(err)
	}
	doubts := 0
	d := &roomDevice{Renderer: r, own: r, input: input, refused: func() { doubts++ }}
	err = d.Play(t.Context(), renderer.Media{})
	if !errors.Is(err, errFollows) || doubts != 1 {
		t.Errorf("want %v and the household looked at, got %v and %d looks", errFollows, err, doubts)
	}
	if len(client.asked) != 1 {
		t.Errorf("want it asked what it has, nothing else, got %v", client.asked)
	}
}
