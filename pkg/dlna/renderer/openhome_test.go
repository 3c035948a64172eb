package renderer

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/clock"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/poll"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// An openHomeDevice is a Client with an OpenHome device behind it. Its values
// are those of the actions that ask: "Playlist.TransportState", "Playlist.Read 7".
type openHomeDevice struct {
	mu     sync.Mutex // guards all below
	values map[string]string
	faults map[string]int
	log    []string // all else: "Playlist.Insert 0 u"
}

func newOpenHomeDevice() *openHomeDevice {
	return &openHomeDevice{faults: map[string]int{}, values: map[string]string{
		"Product.Standby": "true", "Playlist.TransportState": "Stopped", "Radio.TransportState": "Stopped", "Playlist.ProtocolInfo": "http-get:*:audio/x-flac:*",
		"Time.Time": "0", "Info.Track": "", "Volume.Volume": "30", "Volume.Mute": "0", "Volume.VolumeLimit": "60"}}
}

// with describes a device of these services.
func (d *openHomeDevice) description(kinds ...string) *upnp.Device {
	device := &upnp.Device{FriendlyName: "linn"}
	for _, kind := range kinds {
		device.Services = append(device.Services, upnp.Service{Type: "urn:av-openhome-org:service:" + kind + ":1"})
	}
	return device
}

func (d *openHomeDevice) set(name, value string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.values[name] = value
}

func (d *openHomeDevice) SCPD(context.Context, upnp.Service) (*upnp.SCPD, error) {
	panic("nothing in it is needed")
}

func (d *openHomeDevice) Call(_ context.Context, svc upnp.Service, action string, in, out any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	service := strings.Split(svc.Type, ":")[3]
	name := service + "." + action
	if action == "Read" {
		name += " " + argument(in, "ID")
	}
	if code := d.faults[name]; code != 0 {
		d.log = append(d.log, fmt.Sprintf("%s! %d", name, code))
		return &upnp.Fault{Code: code}
	}
	if out != nil {
		reflect.ValueOf(out).Elem().Field(0).SetString(d.values[name])
		return nil
	}
	line := name
	if in != nil {
		v := reflect.ValueOf(in)
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "Metadata" {
				line += " " + v.Field(i).String()
			}
		}
	}
	d.log = append(d.log, line)
	switch action {
	case "Play":
		d.values[service+".TransportState"] = "Playing"
	case "Stop":
		d.values[service+".TransportState"] = "Stopped"
	}
	return nil
}

func (d *openHomeDevice) calls() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.log, ", ")
}

func TestOpenHomePlays(t *testing.T) {
	cases := []struct {
		name    string
		kinds   []string
		prepare func(d *openHomeDevice)
		want    string
		code    int
	}{
		{"playlist", []string{"Product", "Playlist", "Radio", "Volume"}, func(d *openHomeDevice) {},
			"Product.SetStandby 0, Playlist.SetRepeat 0, Playlist.DeleteAll, Playlist.Insert 0 u, Playlist.Play", 0},
		{"awake, playing", []string{"Product", "Playlist"}, func(d *openHomeDevice) {
			d.values["Product.Standby"], d.values["Playlist.TransportState"] = "0", "Playing"
		}, "Playlist.Stop, Playlist.SetRepeat 0, Playlist.DeleteAll, Playlist.Insert 0 u, Playlist.Play", 0},
		{"radio alone", []string{"Radio"}, func(d *openHomeDevice) {}, "Radio.SetChannel u, Radio.Play", 0},
		{"no repeat", []string{"Playlist"}, func(d *openHomeDevice) { d.faults["Playlist.SetRepeat"] = 401 },
			"Playlist.SetRepeat! 401, Playlist.DeleteAll, Playlist.Insert 0 u, Playlist.Play", 0},
		{"refused", []string{"Playlist"}, func(d *openHomeDevice) { d.faults["Playlist.Insert"] = 801 },
			"Playlist.SetRepeat 0, Playlist.DeleteAll, Playlist.Insert! 801", 801},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := newOpenHomeDevice()
			c.prepare(d)
			device := d.description(c.kinds...)
			if !Usable(device) {
				t.Fatal("want it usable")
			}
			r, err := New(device, Options{Client: d})
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Play(t.Context(), song); c.code == 0 && err != nil || c.code != 0 && !conn.IsFault(err, c.code) {
				t.Errorf("want fault %d, got %v", c.code, err)
			}
			if got := d.calls(); got != c.want {
				t.Errorf("want %s\n got %s", c.want, got)
			}
		})
	}
}

func TestOpenHomeWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, events := newOpenHomeDevice(), &fakeEvents{}
		var got []string
		r, err := New(d.description("Playlist", "Volume", "Time", "Info"), Options{Client: d, Events: events, Callback: "http://192.0.2.7:1",
			OnEvent: func(e Event) {
				if _, ok := e.(Position); !ok {
					got = append(got, fmt.Sprintf("%T%+v", e, e)[len("renderer."):])
				}
			}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		synctest.Wait()
		report := func(service, name, value string) {
			d.set(service+"."+name, value)
			events.send(service, upnp.Event{Properties: map[string]string{name: value}})
			synctest.Wait()
		}
		mustPlay(t, r)
		d.set("Info.Track", "u")
		report("Playlist", "TransportState", "Playing")
		report("Volume", "Volume", "15")
		time.Sleep(1200 * time.Millisecond)
		d.set("Time.Time", "1")
		time.Sleep(9 * time.Second)
		d.set("Info.Track", "http://radio")
		time.Sleep(poll.PositionEvery)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		wantEvents(t, got, "Volume{Level:0.5}", "Mute{On:false}", "Transport{State:playing}", "Volume{Level:0.25}",
			"AudioStarted{After:250ms Uncertainty:500ms}", "TakenOver{URI:http://radio}")
	})
}

// A countingOpenHome counts seconds as soon as it is there, and takes its time to
// answer its track.
type countingOpenHome struct {
	*openHomeDevice
	begun      time.Time
	answeredAt time.Time     // when it last answered its track
	leastPause time.Duration // from then to the next poll
	polls      int
}

func (c *countingOpenHome) Call(ctx context.Context, svc upnp.Service, action string, in, out any) error {
	switch action {
	case "Time":
		if time.Since(c.begun) > 10*time.Second { // it sounds by then
			c.leastPause = min(c.leastPause, time.Since(c.answeredAt))
			c.polls++
		}
		c.set("Time.Time", strconv.Itoa(int(time.Since(c.begun).Seconds())))
	case "Track":
		wait(ctx, 900*time.Millisecond)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.answeredAt = time.Now()
	}
	return c.openHomeDevice.Call(ctx, svc, action, in, out)
}

// Each poll of the position of an OpenHome device is two questions: there is a pause
// after the second.
func TestFollowClockOfOpenHome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &countingOpenHome{openHomeDevice: newOpenHomeDevice(), begun: time.Now(), leastPause: time.Hour}
		r, err := New(d.description("Playlist", "Time", "Info"), Options{Client: d})
		if err != nil {
			t.Fatal(err)
		}
		r.FollowClock(true)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		mustPlay(t, r)
		time.Sleep(5 * time.Minute)
		cancel()
		if err := <-done; err != nil || d.leastPause < clock.MinInterval || d.polls < 60 {
			t.Errorf("want 60 polls and more, %v apart at least, got %d, %v apart; Run: %v", clock.MinInterval, d.polls, d.leastPause, err)
		}
	})
}

func TestOpenHomeVolumeAndProtocols(t *testing.T) {
	d := newOpenHomeDevice()
	r, err := New(d.description("Playlist", "Volume"), Options{Client: d})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{r.SetVolume(t.Context(), 0.25), r.SetMute(t.Context(), true), r.Stop(t.Context())} {
		if err != nil {
			t.Error(err)
		}
	}
	if got, want := d.calls(), "Volume.SetVolume 15, Volume.SetMute 1"; got != want {
		t.Errorf("want %s, got %s", want, got)
	}
	sink, err := r.Protocols(t.Context())
	if err != nil || len(sink) != 1 || sink[0].MIME != "audio/x-flac" {
		t.Errorf("protocols: %v, %v", sink, err)
	}
}

func TestOpenHomeScale(t *testing.T) {
	cases := []struct {
		name      string
		limit     string
		max       string
		refuses   bool
		wantLevel string
	}{
		{"limit", "60", "100", false, "Volume.SetVolume 30"},
		{"no limit", "", "80", false, "Volume.SetVolume 40"},
		{"nonsense", "x", "-3", false, "Volume.SetVolume 50"},
		{"neither", "", "", true, "Volume.VolumeLimit! 401, Volume.Characteristics! 401, Volume.SetVolume 50"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := newOpenHomeDevice()
			d.values["Volume.VolumeLimit"], d.values["Volume.Characteristics"] = c.limit, c.max
			if c.refuses {
				d.faults["Volume.VolumeLimit"], d.faults["Volume.Characteristics"] = 401, 401
			}
			r, err := New(d.description("Playlist", "Volume"), Options{Client: d})
			if err != nil {
				t.Fatal(err)
			}
			if err := r.SetVolume(t.Context(), 0.5); err != nil || d.calls() != c.wantLevel {
				t.Errorf("want %s, got %s, %v", c.wantLevel, d.calls(), err)
			}
		})
	}
}

// An OpenHome device is asked what its source has loaded: when another has just
// filled it, Info still reports what it played last.
func TestPlayPressedByOpenHome(t *testing.T) {
	for _, c := range []struct {
		name, kind string
		loaded     map[string]string // what the source says
		fault      string            // an action that is refused
		want       int
	}{
		{"ours", "Playlist", map[string]string{"Playlist.Id": "7", "Playlist.Read 7": "u"}, "", 1},
		{"another's", "Playlist", map[string]string{"Playlist.Id": "8", "Playlist.Read 7": "u", "Playlist.Read 8": "http://song"}, "", 0},
		{"none yet", "Playlist", map[string]string{"Playlist.Id": "0", "Playlist.Read 0": "u"}, "", 0},
		{"no number", "Playlist", map[string]string{"Playlist.Id": "x", "Playlist.Read x": "u"}, "", 0},
		{"no Id", "Playlist", map[string]string{"Playlist.Read 7": "u"}, "Playlist.Id", 0},
		{"gone when it is read", "Playlist", map[string]string{"Playlist.Id": "7"}, "Playlist.Read 7", 0},
		{"our channel", "Radio", map[string]string{"Radio.Channel": "u"}, "", 1},
		{"another channel", "Radio", map[string]string{"Radio.Channel": "http://radio"}, "", 0},
		{"no Channel", "Radio", nil, "Radio.Channel", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newOpenHomeDevice()
				pressed := 0
				r, err := New(d.description(c.kind, "Info"), Options{Client: d, OnEvent: func(e Event) {
					if _, ok := e.(PlayPressed); ok {
						pressed++
					}
				}})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- r.Run(ctx) }()
				mustPlay(t, r)
				time.Sleep(time.Minute)
				if err := r.Stop(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				d.mu.Lock()
				d.values["Info.Track"], d.values[c.kind+".TransportState"] = "u", "Buffering"
				maps.Copy(d.values, c.loaded)
				d.faults[c.fault] = 800
				d.mu.Unlock()
				time.Sleep(time.Minute)
				cancel()
				if err := <-done; err != nil || pressed != c.want {
					t.Errorf("want %d presses, got %d; Run: %v", c.want, pressed, err)
				}
			})
		})
	}
}
