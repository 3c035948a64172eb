package sonos_test

import (
	"errors"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	sim "github.com/breezeway-audio/breezeway/pkg/sim/sonos"
)

func TestSourceOf(t *testing.T) {
	tests := map[string]sonos.Source{
		"":                                      sonos.SourceUnknown,
		"NOT_IMPLEMENTED":                       sonos.SourceUnknown,
		"http://192.0.2.1:80/x.flac":            sonos.SourceStream,
		"x-rincon-mp3radio://192.0.2.1/x.mp3":   sonos.SourceStream,
		"x-rincon-queue:RINCON_A#0":             sonos.SourceQueue,
		"x-rincon-stream:RINCON_A":              sonos.SourceLineIn,
		"x-sonos-htastream:RINCON_A:spdif":      sonos.SourceTV,
		"x-rincon:RINCON_A":                     sonos.SourceFollower,
		"x-sonos-vli:RINCON_A:2,airplay:abcdef": sonos.SourceNative,
	}
	for uri, want := range tests {
		if got := sonos.SourceOf(uri); got != want {
			t.Errorf("%q: want %v, got %v", uri, want, got)
		}
	}
	if got := sonos.Source(99).String(); got != "Source(99)" {
		t.Errorf("want Source(99), got %s", got)
	}
}

const ourURI = "http://127.0.0.1:9/stream.flac"

// load gives a simulated player a URI.
func load(t *testing.T, client *upnp.Client, p *sim.Player, uri string) {
	t.Helper()
	svc, ok := describe(t, client, p).Service("urn:schemas-upnp-org:service:AVTransport:")
	if !ok {
		t.Fatal("want AVTransport")
	}
	in := struct{ InstanceID, CurrentURI, CurrentURIMetaData string }{InstanceID: "0", CurrentURI: uri}
	must(t, client.Call(t.Context(), svc, "SetAVTransportURI", in, nil))
}

func TestInput(t *testing.T) {
	const tv, line = "x-sonos-htastream:RINCON_X:spdif", "x-rincon-stream:RINCON_X"
	tests := []struct {
		name    string
		before  string
		on      bool
		source  sonos.Source
		then    string // chosen by somebody else after our stream; "": nothing
		wantURI string
		wantOn  bool
	}{
		{"a television comes back", tv, true, sonos.SourceTV, "", tv, true},
		{"a line input comes back", line, true, sonos.SourceLineIn, "", line, true},
		{"one that was off stays off", line, false, sonos.SourceLineIn, "", line, false},
		{"a stream does not", "http://192.0.2.9/radio", false, sonos.SourceStream, "", ourURI, false},
		{"nothing does not", "", false, sonos.SourceUnknown, "", ourURI, false},
		{"what somebody chose since stays", tv, true, sonos.SourceTV, line, line, false},
	}
	h := household(t, sim.Options{Players: []sim.PlayerOptions{{Room: "A"}}})
	client := upnp.NewClient(upnp.Options{})
	p := h.Player("A")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p.SetInput(tt.before, "<DIDL-Lite/>", tt.on)
			input, err := sonos.NewInput(client, describe(t, client, p))
			must(t, err)
			source, err := input.Remember(t.Context())
			if err != nil || source != tt.source {
				t.Errorf("want %v, got %v, %v", tt.source, source, err)
			}
			load(t, client, p, ourURI)
			if tt.then != "" {
				p.SetInput(tt.then, "", false)
			}
			must(t, input.Restore(t.Context()))
			if uri, _, on := p.Loaded(); uri != tt.wantURI || on != tt.wantOn {
				t.Errorf("want %s, on=%v, got %s, %v", tt.wantURI, tt.wantOn, uri, on)
			}
			load(t, client, p, ourURI)
			must(t, input.Restore(t.Context())) // once is enough
			if uri, _, _ := p.Loaded(); uri != ourURI {
				t.Errorf("want it restored once, got %s again", uri)
			}
		})
	}
}

func TestInputIsRememberedThroughOurOwnStream(t *testing.T) {
	const tv = "x-sonos-htastream:RINCON_X:spdif"
	h := household(t, sim.Options{Players: []sim.PlayerOptions{{Room: "A"}}})
	client := upnp.NewClient(upnp.Options{})
	p := h.Player("A")
	input, err := sonos.NewInput(client, describe(t, client, p))
	must(t, err)
	p.SetInput(tv, "<DIDL-Lite/>", true)
	for range 2 { // a second start finds the stream of the first
		if _, err := input.Remember(t.Context()); err != nil {
			t.Fatal(err)
		}
		load(t, client, p, ourURI)
	}
	must(t, input.Restore(t.Context()))
	if uri, metadata, on := p.Loaded(); uri != tv || metadata != "<DIDL-Lite/>" || !on {
		t.Errorf("want the television, got %s, %s, on=%v", uri, metadata, on)
	}
}

func TestInputOfAMemberLeavesTheGroupAlone(t *testing.T) {
	h := household(t, sim.Options{Players: []sim.PlayerOptions{{Room: "A"}, {Room: "B"}}})
	client := upnp.NewClient(upnp.Options{})
	p := h.Player("B")
	p.SetInput("x-sonos-htastream:RINCON_X:spdif", "", true)
	input, err := sonos.NewInput(client, describe(t, client, p))
	must(t, err)
	if _, err := input.Remember(t.Context()); err != nil {
		t.Fatal(err)
	}
	load(t, client, p, ourURI)
	must(t, h.Group(t.Context(), h.Player("A"), p))
	must(t, input.Restore(t.Context()))
	source, err := input.Remember(t.Context())
	if err != nil || source != sonos.SourceFollower {
		t.Errorf("want it to follow A still, got %v, %v", source, err)
	}
}

func TestInputNeedsAVTransport(t *testing.T) {
	if _, err := sonos.NewInput(nil, &upnp.Device{}); !errors.Is(err, sonos.ErrUnsupported) {
		t.Errorf("want ErrUnsupported, got %v", err)
	}
}
