package volume

import "testing"

// lastChange is the property LastChange of instance 0, as `Volume val="7"`.
func lastChange(changes ...string) map[string]string {
	text := `<Event xmlns="urn:schemas-upnp-org:metadata-1-0/RCS/"><InstanceID val="0">`
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
		{"AVTransport", lastChange(`TransportState val="PLAYING"`), ParsedEvent{}},
		{"master among channels", lastChange(`Volume channel="LF" val="99"`, `Volume channel="Master" val="7"`, `Mute Channel="Master" val="0"`),
			ParsedEvent{Volume: "7", Mute: "0"}},
		{"a channel without name", lastChange(`Volume val="7"`), ParsedEvent{Volume: "7"}},
		{"OpenHome", map[string]string{"TransportState": "Buffering", "Volume": "40", "Mute": "true"}, ParsedEvent{Volume: "40", Mute: "true"}},
		{"another instance", map[string]string{"LastChange": `<Event><InstanceID val="1"><Volume val="7"/></InstanceID></Event>`}, ParsedEvent{}},
		{"cut off", map[string]string{"LastChange": `<Event><InstanceID val="0"><Volume val="7"/><Mu`}, ParsedEvent{Volume: "7"}},
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
			if got := ParseEvent(map[string]string{name: value}); len(got.Volume)+len(got.Mute) > 4*len(value) {
				t.Fatalf("more came out than went in: %+v", got)
			}
		}
	})
}
