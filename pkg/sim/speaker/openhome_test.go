package speaker_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// openHome makes a call to a service of OpenHome.
func openHome(t *testing.T, s *speaker.Speaker, service, action string, args ...string) (map[string]string, int) {
	t.Helper()
	kind := "urn:av-openhome-org:service:" + service + ":1"
	var b strings.Builder
	fmt.Fprintf(&b, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:%s xmlns:u="%s">`, action, kind)
	for i := 0; i < len(args); i += 2 {
		fmt.Fprintf(&b, "<%s>%s</%s>", args[i], args[i+1], args[i])
	}
	fmt.Fprintf(&b, "</u:%s></s:Body></s:Envelope>", action)
	_, body := do(t, http.MethodPost, base(s)+"/"+service+"/control",
		map[string]string{"SOAPACTION": fmt.Sprintf("%q", kind+"#"+action)}, b.String())
	return parseAnswer(t, body)
}

func TestOpenHomePlays(t *testing.T) {
	s := start(t, speaker.Options{Quirks: speaker.Quirks{OpenHome: true}})
	_, description := do(t, http.MethodGet, s.Location(), nil, "")
	if strings.Contains(description, "schemas-upnp-org:service") || !strings.Contains(description, "urn:av-openhome-org:serviceId:Playlist<") {
		t.Fatalf("want services of OpenHome alone, got %s", description)
	}
	must := func(service, action string, args ...string) map[string]string {
		t.Helper()
		out, fault := openHome(t, s, service, action, args...)
		if fault != 0 {
			t.Fatalf("%s: want success, got %d", action, fault)
		}
		return out
	}
	must("Playlist", "DeleteAll")
	must("Playlist", "Stop") // with nothing to stop
	must("Playlist", "Play") // with nothing to play
	url := live(t)
	id := must("Playlist", "Insert", "AfterId", "0", "Uri", url, "Metadata", "")["NewId"]
	must("Playlist", "SeekId", "Value", id)
	eventually(t, "sound", func() bool { return must("Playlist", "TransportState")["Value"] == "Playing" })
	if got := must("Playlist", "Read", "Id", id)["Uri"]; got != url {
		t.Errorf("want %s, got %s", url, got)
	}
	if got := must("Playlist", "IdArray")["Array"]; got != base64.StdEncoding.EncodeToString([]byte{0, 0, 0, 1}) {
		t.Errorf("want the one id, got %s", got)
	}
	eventually(t, "a second", func() bool { return must("Time", "Time")["Seconds"] == "1" })
	must("Playlist", "Pause")
	if got := must("Playlist", "TransportState")["Value"]; got != "Paused" {
		t.Errorf("want Paused, got %s", got)
	}
	must("Playlist", "Play")
	must("Playlist", "DeleteAll")
	if got := must("Playlist", "TransportState")["Value"]; got != "Stopped" {
		t.Errorf("want Stopped, got %s", got)
	}
	if _, got := openHome(t, s, "Playlist", "SeekId", "Value", id); got != 800 {
		t.Errorf("an id that is gone: want 800, got %d", got)
	}
}

func TestOpenHomePlaylistIsBounded(t *testing.T) {
	s := start(t, speaker.Options{Quirks: speaker.Quirks{OpenHome: true}})
	for i := range 101 {
		_, fault := openHome(t, s, "Playlist", "Insert", "AfterId", "0", "Uri", "http://127.0.0.1:9/", "Metadata", "")
		if want := map[bool]int{false: 0, true: 801}[i == 100]; fault != want {
			t.Fatalf("track %d: want %d, got %d", i, want, fault)
		}
	}
	if _, got := openHome(t, s, "Playlist", "Insert", "AfterId", "999", "Uri", "http://127.0.0.1:9/", "Metadata", ""); got != 800 {
		t.Errorf("after a track that is none: want 800, got %d", got)
	}
	if _, got := openHome(t, s, "Playlist", "DeleteId", "Value", "1"); got != 0 {
		t.Errorf("want a track deleted, got %d", got)
	}
}

func TestOpenHomeVolumeAndProduct(t *testing.T) {
	s := start(t, speaker.Options{Name: "Attic", Volume: 20, Quirks: speaker.Quirks{OpenHome: true, VolumeMax: 50}})
	callback, notices := subscriber(t)
	subscribe(t, s, "Volume", map[string]string{"NT": "upnp:event", "CALLBACK": callback})
	if got := next(t, notices).properties; got["Volume"] != "20" || got["Mute"] != "0" {
		t.Errorf("want volume and mute evented by their names, got %v", got)
	}
	if out, _ := openHome(t, s, "Volume", "Characteristics"); out["VolumeMax"] != "50" {
		t.Errorf("want a range to 50, got %v", out)
	}
	if _, fault := openHome(t, s, "Volume", "SetVolume", "Value", "51"); fault != 402 {
		t.Errorf("beyond the range: want 402, got %d", fault)
	}
	openHome(t, s, "Volume", "SetVolume", "Value", "33")
	openHome(t, s, "Volume", "SetMute", "Value", "1")
	if volume, mute := s.Volume(); volume != 33 || !mute {
		t.Errorf("want 33 and muted, got %d, %v", volume, mute)
	}
	if out, _ := openHome(t, s, "Product", "Product"); out["Room"] != "Attic" {
		t.Errorf("want the room's name, got %v", out)
	}
	if _, fault := openHome(t, s, "Product", "SetSourceIndex", "Value", "1"); fault != 402 {
		t.Errorf("a source that is none: want 402, got %d", fault)
	}
}
