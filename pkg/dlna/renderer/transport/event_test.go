package transport

import "testing"

// lastChange is the property LastChange of instance 0, as `TransportState val="x"`.
func lastChange(changes ...string) map[string]string {
	text := `<Event xmlns="urn:schemas-upnp-org:metadata-1-0/AVT/"><InstanceID val="0">`
	for _, c := range changes {
		text += "<" + c + "/>"
	}
	return map[string]string{"LastChange": text + "</InstanceID></Event>"}
}

func TestParseEvent(t *testing.T) {
	cases := []struct {
		name       string
		properties map[string]string
		want       ParsedEvent
	}{
		{"nothing", nil, ParsedEvent{}},
		{"AVTransport", lastChange(`TransportState val="PLAYING"`, `CurrentTrackURI val="http://a?b&amp;c"`, `AVTransportURI val="NOT_IMPLEMENTED"`),
			ParsedEvent{State: Playing, TrackURI: "http://a?b&c"}},
		{"only a volume", lastChange(`Volume channel="Master" val="7"`), ParsedEvent{}},
		{"OpenHome", map[string]string{"TransportState": "Buffering", "Volume": "40", "Mute": "true"}, ParsedEvent{State: Transitioning}},
		{"another instance", map[string]string{"LastChange": `<Event><InstanceID val="1"><TransportState val="STOPPED"/></InstanceID></Event>`}, ParsedEvent{}},
		{"cut off", map[string]string{"LastChange": `<Event><InstanceID val="0"><TransportState val="STOPPED"/><Vol`}, ParsedEvent{State: Stopped}},
		{"a vendor's own state", lastChange(`TransportState val="VENDOR"`), ParsedEvent{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := ParseEvent(c.properties); got != c.want {
				t.Errorf("want %+v, got %+v", c.want, got)
			}
		})
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add(lastChange(`TransportState val="PLAYING"`, `Volume channel="Master" val="7"`)["LastChange"])
	f.Add("PLAYING")
	f.Fuzz(func(t *testing.T, value string) {
		for _, name := range []string{"LastChange", "TransportState", "Volume"} {
			if got := ParseEvent(map[string]string{name: value}); len(got.TrackURI)+len(got.MediaURI) > 4*len(value) {
				t.Fatalf("more came out than went in: %+v", got)
			}
		}
	})
}
