package raop

import (
	"errors"
	"strings"
	"testing"
)

func TestParseTransport(t *testing.T) {
	want := udpPorts{control: 6001, timing: 6002}
	for name, header := range map[string]string{
		"iTunes":      "RTP/AVP/UDP;unicast;interleaved=0-1;mode=record;control_port=6001;timing_port=6002",
		"iOS":         "RTP/AVP/UDP;unicast;mode=record;timing_port=6002;events;control_port=6001",
		"odd spacing": " rtp/avp/udp ; unicast; Control_Port=6001 ;TIMING_PORT= 6002;",
	} {
		if got, err := parseTransport(header); err != nil || got != want {
			t.Errorf("%s: want %+v, got %+v, %v", name, want, got, err)
		}
	}
}

func TestParseTransportRefuses(t *testing.T) {
	for _, test := range []struct {
		name, header string
		want         error
	}{
		{"none", "", errTransport},
		{"TCP", "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record", errTransport},
		{"iTunes 4", "RTP/AVP/UDP;unicast;mode=record", errTransport},
		{"no timing port", "RTP/AVP/UDP;control_port=6001", errTransport},
		{"port 0", "RTP/AVP/UDP;control_port=6001;timing_port=0", errTransport},
		{"port 65536", "RTP/AVP/UDP;control_port=65536;timing_port=6002", ErrMalformed},
		{"no number", "RTP/AVP/UDP;control_port=x;timing_port=6002", ErrMalformed},
		{"too long", "RTP/AVP/UDP;" + strings.Repeat("x;", maxTransportBytes), ErrMalformed},
	} {
		if _, err := parseTransport(test.header); !errors.Is(err, test.want) {
			t.Errorf("%s: want %v, got %v", test.name, test.want, err)
		}
	}
}

func TestTransportString(t *testing.T) {
	want := "RTP/AVP/UDP;unicast;interleaved=0-1;mode=record;server_port=1;control_port=2;timing_port=3"
	ours := udpPorts{server: 1, control: 2, timing: 3}
	if got := ours.String(); got != want {
		t.Errorf("want %s\ngot  %s", want, got)
	}
	back, err := parseTransport(want)
	if err != nil || back.control != 2 || back.timing != 3 {
		t.Errorf("read back: %+v, %v", back, err)
	}
}

func FuzzParseTransport(f *testing.F) {
	f.Add("RTP/AVP/UDP;unicast;interleaved=0-1;mode=record;control_port=6001;timing_port=6002")
	f.Add("RTP/AVP/TCP;unicast;=;;control_port")
	f.Fuzz(func(t *testing.T, header string) {
		if got, err := parseTransport(header); err == nil && (got.control == 0 || got.timing == 0) {
			t.Errorf("accepted without ports: %+v", got)
		}
	})
}

func TestParseRTPInfo(t *testing.T) {
	for _, test := range []struct {
		name, header string
		want         rtpInfo
	}{
		{"usual", "seq=17768;rtptime=1852503982", rtpInfo{17768, 1852503982, true}},
		{"at the wrap", "seq=65535;rtptime=4294967295", rtpInfo{65535, 4294967295, true}},
		{"with a URL, other order", "url=rtsp://x/1; rtptime=2; seq=1", rtpInfo{1, 2, true}},
		{"zeros", "seq=0;rtptime=0", rtpInfo{0, 0, true}},
		{"absent", "", rtpInfo{}},
		{"half of it", "rtptime=88200", rtpInfo{}},
		{"the other half", "seq=5", rtpInfo{}},
	} {
		if got, err := parseRTPInfo(test.header); err != nil || got != test.want {
			t.Errorf("%s: want %+v, got %+v, %v", test.name, test.want, got, err)
		}
	}
	for _, header := range []string{"seq=65536;rtptime=1", "seq=1;rtptime=4294967296", "seq=;rtptime=1", "seq=1;rtptime=-1", "seq"} {
		if got, err := parseRTPInfo(header); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: want ErrMalformed, got %+v, %v", header, got, err)
		}
	}
}

func FuzzParseRTPInfo(f *testing.F) {
	f.Add("seq=17768;rtptime=1852503982")
	f.Add("rtptime=;seq;=")
	f.Fuzz(func(t *testing.T, header string) {
		if got, err := parseRTPInfo(header); (err != nil || !got.known) && got != (rtpInfo{}) {
			t.Errorf("half filled: %+v, %v", got, err)
		}
	})
}
