package speaker_test

import (
	"encoding/xml"
	"net/http"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

func TestDescriptionLeadsEverywhere(t *testing.T) {
	const udn = "uuid:00000000-0000-8000-8000-00000000abcd"
	s := start(t, speaker.Options{Name: `Bar & "Grill" <1>`, UDN: udn})
	_, body := do(t, http.MethodGet, s.Location(), nil, "")
	var doc struct {
		Device struct {
			DeviceType   string `xml:"deviceType"`
			FriendlyName string `xml:"friendlyName"`
			UDN          string `xml:"UDN"`
			Services     []struct {
				Type string `xml:"serviceType"`
				SCPD string `xml:"SCPDURL"`
			} `xml:"serviceList>service"`
		} `xml:"device"`
	}
	if err := xml.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	if d := doc.Device; d.FriendlyName != `Bar & "Grill" <1>` || d.UDN != udn ||
		d.DeviceType != "urn:schemas-upnp-org:device:MediaRenderer:1" {
		t.Errorf("want the name, UDN and type that were asked for, got %+v", d)
	}
	if len(doc.Device.Services) != 3 {
		t.Fatalf("want 3 services, got %d", len(doc.Device.Services))
	}
	for _, service := range doc.Device.Services {
		resp, body := do(t, http.MethodGet, base(s)+service.SCPD, nil, "")
		if resp.StatusCode != http.StatusOK || !strings.Contains(body, "<actionList>") {
			t.Errorf("%s: want a service description, got %s", service.Type, resp.Status)
		}
	}
}

func TestUDNStaysTheSameForAName(t *testing.T) {
	udn := func(name string) string {
		s, err := speaker.New(speaker.Options{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		return s.UDN()
	}
	kitchen, again, bath := udn("Kitchen"), udn("Kitchen"), udn("Bath")
	if kitchen != again || kitchen == bath {
		t.Errorf("want one UDN a name, got %s, %s and %s", kitchen, again, bath)
	}
}

func TestRefusesOnDemand(t *testing.T) {
	s := start(t, speaker.Options{Fault: func(service, action string) int {
		if service == "AVTransport" && action == "Play" {
			return 715
		}
		return 0
	}})
	if _, code := call(t, s, "AVTransport", "GetTransportInfo", "InstanceID", "0"); code != 0 {
		t.Errorf("want GetTransportInfo answered, got fault %d", code)
	}
	if _, code := call(t, s, "AVTransport", "Play", "InstanceID", "0", "Speed", "1"); code != 715 {
		t.Errorf("want Play refused with 715, got %d", code)
	}
}

func TestNewRefusesVolume(t *testing.T) {
	for _, v := range []int{-1, speaker.MaxVolume + 1} {
		if _, err := speaker.New(speaker.Options{Name: "x", Volume: v}); err == nil {
			t.Errorf("volume %d: want an error", v)
		}
	}
}

const didl = `<DIDL-Lite xmlns="urn:schemas-upnp-org:metadata-1-0/DIDL-Lite/"><item id="1" parentID="0" restricted="1">` +
	`<res protocolInfo="http-get:*:audio/FLAC:DLNA.ORG_OP=00">http://127.0.0.1:9/a.flac</res></item></DIDL-Lite>`

func TestFaults(t *testing.T) {
	const uri = "http://127.0.0.1:9/a.flac"
	tests := []struct {
		name, service, action string
		args                  []string
		want                  int
	}{
		{"no such action", "AVTransport", "Fly", []string{"InstanceID", "0"}, 401},
		{"argument missing", "AVTransport", "Play", []string{"InstanceID", "0"}, 402},
		{"no such instance", "AVTransport", "Stop", []string{"InstanceID", "1"}, 718},
		{"Play before a URI", "AVTransport", "Play", []string{"InstanceID", "0", "Speed", "1"}, 701},
		{"Stop before a URI", "AVTransport", "Stop", []string{"InstanceID", "0"}, 701},
		{"Play backwards", "AVTransport", "Play", []string{"InstanceID", "0", "Speed", "-1"}, 717},
		{"Seek", "AVTransport", "Seek", []string{"InstanceID", "0", "Unit", "REL_TIME", "Target", "0:01:00"}, 710},
		{"Next", "AVTransport", "Next", []string{"InstanceID", "0"}, 711},
		{"URI of another kind", "AVTransport", "SetAVTransportURI", setURI("https://127.0.0.1/a.flac", ""), 716},
		{"DIDL is no XML", "AVTransport", "SetAVTransportURI", setURI(uri, "<DIDL-Lite>&"), 402},
		{"DIDL of another URI", "AVTransport", "SetAVTransportURI", setURI(uri+"2", didl), 402},
		{"DIDL of a type not played", "AVTransport", "SetAVTransportURI",
			setURI(uri, strings.Replace(didl, "audio/FLAC", "audio/aac", 1)), 714},
		{"no such connection", "ConnectionManager", "GetCurrentConnectionInfo", []string{"ConnectionID", "7"}, 706},
		{"volume too high", "RenderingControl", "SetVolume", volume("Master", "101"), 402},
		{"volume no number", "RenderingControl", "SetVolume", volume("Master", "loud"), 402},
		{"volume of one side", "RenderingControl", "SetVolume", volume("LF", "10"), 402},
		{"no such rendering instance", "RenderingControl", "GetVolume", []string{"InstanceID", "5", "Channel", "Master"}, 702},
	}
	s := start(t, speaker.Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, got := call(t, s, tt.service, tt.action, tt.args...); tt.want != got {
				t.Errorf("want fault %d, got %d", tt.want, got)
			}
		})
	}
	calls := s.Calls()
	if want, got := len(tests), len(calls); want != got {
		t.Fatalf("want %d calls remembered, got %d", want, got)
	}
	if first := calls[0]; first.Service != "AVTransport" || first.Action != "Fly" || first.Fault != 401 {
		t.Errorf("want the first call remembered as it was, got %+v", first)
	}
}

func setURI(uri, metadata string) []string {
	return []string{"InstanceID", "0", "CurrentURI", uri, "CurrentURIMetaData", metadata}
}

func volume(channel, value string) []string {
	return []string{"InstanceID", "0", "Channel", channel, "DesiredVolume", value}
}

func TestEveryDescribedActionAnswersInItsOrder(t *testing.T) {
	s := start(t, speaker.Options{Volume: 30})
	mustCall(t, s, "AVTransport", "SetAVTransportURI", setURI("http://127.0.0.1:9/a.flac", didl)...)
	tests := []struct {
		service, action string
		args            []string
		want            map[string]string
	}{
		{"AVTransport", "GetMediaInfo", []string{"InstanceID", "0"}, map[string]string{
			"NrTracks": "1", "CurrentURI": "http://127.0.0.1:9/a.flac", "CurrentURIMetaData": didl, "PlayMedium": "NETWORK",
		}},
		{"AVTransport", "GetTransportInfo", []string{"InstanceID", "0"}, map[string]string{
			"CurrentTransportState": "STOPPED", "CurrentTransportStatus": "OK", "CurrentSpeed": "1",
		}},
		{"AVTransport", "GetPositionInfo", []string{"InstanceID", "0"}, map[string]string{
			"Track": "1", "TrackURI": "http://127.0.0.1:9/a.flac", "RelTime": "0:00:00", "RelCount": "2147483647",
		}},
		{"AVTransport", "GetDeviceCapabilities", []string{"InstanceID", "0"}, map[string]string{"PlayMedia": "NETWORK"}},
		{"AVTransport", "GetTransportSettings", []string{"InstanceID", "0"}, map[string]string{"PlayMode": "NORMAL"}},
		{"AVTransport", "GetCurrentTransportActions", []string{"InstanceID", "0"}, map[string]string{"Actions": "Play"}},
		{"RenderingControl", "ListPresets", []string{"InstanceID", "0"}, map[string]string{"CurrentPresetNameList": "FactoryDefaults"}},
		{"RenderingControl", "GetVolume", []string{"InstanceID", "0", "Channel", "Master"}, map[string]string{"CurrentVolume": "30"}},
		{"RenderingControl", "GetMute", []string{"InstanceID", "0", "Channel", "Master"}, map[string]string{"CurrentMute": "0"}},
		{"ConnectionManager", "GetProtocolInfo", nil, map[string]string{"Source": "", "Sink": strings.Join(speaker.DefaultSinks, ",")}},
		{"ConnectionManager", "GetCurrentConnectionIDs", nil, map[string]string{"ConnectionIDs": "0"}},
		{"ConnectionManager", "GetCurrentConnectionInfo", []string{"ConnectionID", "0"}, map[string]string{
			"Direction": "Input", "Status": "OK", "PeerConnectionID": "-1",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.action, func(t *testing.T) {
			got := mustCall(t, s, tt.service, tt.action, tt.args...)
			for name, want := range tt.want {
				if got[name] != want {
					t.Errorf("%s: want %q, got %q", name, want, got[name])
				}
			}
		})
	}
}

func TestVolumeAndMute(t *testing.T) {
	s := start(t, speaker.Options{Volume: 50})
	mustCall(t, s, "RenderingControl", "SetVolume", volume("Master", "17")...)
	mustCall(t, s, "RenderingControl", "SetMute", "InstanceID", "0", "Channel", "Master", "DesiredMute", "true")
	if volume, mute := s.Volume(); volume != 17 || !mute {
		t.Errorf("want 17 and muted, got %d and %v", volume, mute)
	}
	s.SetVolume(1000)
	s.SetMute(false)
	if volume, mute := s.Volume(); volume != speaker.MaxVolume || mute {
		t.Errorf("want %d and not muted, got %d and %v", speaker.MaxVolume, volume, mute)
	}
	mustCall(t, s, "RenderingControl", "SelectPreset", "InstanceID", "0", "PresetName", "FactoryDefaults")
	if volume, _ := s.Volume(); volume != 50 {
		t.Errorf("want the volume of the start, got %d", volume)
	}
}

func TestMalformedCalls(t *testing.T) {
	const head = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`
	stop := head + `<u:Stop xmlns:u="urn:schemas-upnp-org:service:AVTransport:1"><InstanceID>0</InstanceID></u:Stop></s:Body></s:Envelope>`
	const action = `"urn:schemas-upnp-org:service:AVTransport:1#Stop"`
	tests := []struct{ name, soapAction, body string }{
		{"empty", action, ""},
		{"no XML", action, "Stop!"},
		{"no envelope", action, "<Stop/>"},
		{"no action", action, head + "</s:Body></s:Envelope>"},
		{"cut off", action, stop[:len(stop)-60]},
		{"bare ampersand", action, strings.Replace(stop, ">0<", ">&<", 1)},
		{"header of another action", strings.Replace(action, "Stop", "Play", 1), stop},
		{"header without quotes", strings.Trim(action, `"`), stop},
		{"endless", action, strings.Replace(stop, ">0<", ">"+strings.Repeat("0", 100<<10)+"<", 1)},
	}
	s := start(t, speaker.Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp, _ := do(t, http.MethodPost, base(s)+"/AVTransport/control", map[string]string{"SOAPACTION": tt.soapAction}, tt.body)
			if want, got := http.StatusBadRequest, resp.StatusCode; want != got {
				t.Errorf("want status %d, got %d", want, got)
			}
		})
	}
}
