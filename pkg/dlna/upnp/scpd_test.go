package upnp

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

func TestSCPD(t *testing.T) {
	document := readTestdata(t, "rendering.xml")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(document)
	}))
	defer server.Close()
	u, _ := url.Parse(server.URL)
	s, err := NewClient(Options{}).SCPD(t.Context(), Service{SCPD: u})
	if err != nil {
		t.Fatal(err)
	}
	if !s.HasAction("SetVolume") || s.HasAction("SetMute") {
		t.Error("want SetVolume and no SetMute")
	}
	inputs := s.Actions[0].InputArguments()
	if len(inputs) != 3 || inputs[2].Name != "DesiredVolume" {
		t.Errorf("want the three arguments of SetVolume, got %v", inputs)
	}
	tests := []struct {
		variable string
		want     Range
		ok       bool
	}{
		{"Volume", Range{0, 63, 1}, true},
		{"VolumeDB", Range{-10240, 0, 1}, true},
		{"Loudness", Range{}, false},
		{"Balance", Range{}, false},
		{"Mute", Range{}, false},
		{"Nothing", Range{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.variable, func(t *testing.T) {
			got, ok := s.Range(tt.variable)
			if ok != tt.ok || ok && tt.want != got {
				t.Errorf("want %v %v, got %v %v", tt.want, tt.ok, got, ok)
			}
		})
	}
}

func TestSCPDWithoutURL(t *testing.T) {
	if _, err := NewClient(Options{}).SCPD(t.Context(), Service{}); err == nil {
		t.Error("want an error")
	}
}
