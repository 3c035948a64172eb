package upnp_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

func TestParseLastChange(t *testing.T) {
	tests := []struct {
		name  string
		value string
		want  []upnp.Change
	}{
		{"as the standard says", `<Event xmlns="urn:schemas-upnp-org:metadata-1-0/RCS/"><InstanceID val="0"><Volume channel="Master" val="20"/><Mute channel="Master" val="0"/></InstanceID></Event>`,
			[]upnp.Change{{"0", "Volume", "Master", "20"}, {"0", "Mute", "Master", "0"}}},
		{"two instances", `<Event><InstanceID val="0"><TransportState val="PLAYING"/></InstanceID><InstanceID val="1"><TransportState val="STOPPED"/></InstanceID></Event>`,
			[]upnp.Change{{"0", "TransportState", "", "PLAYING"}, {"1", "TransportState", "", "STOPPED"}}},
		{"capital attributes", `<Event><InstanceID Val="0"><Volume Channel="LF" VAL="7"/></InstanceID></Event>`,
			[]upnp.Change{{"0", "Volume", "LF", "7"}}},
		{"value as text", `<Event><InstanceID val="0"><TransportState> PLAYING </TransportState><Volume channel="Master">7</Volume></InstanceID></Event>`,
			[]upnp.Change{{"0", "TransportState", "", "PLAYING"}, {"0", "Volume", "Master", "7"}}},
		{"no value", `<Event><InstanceID val="0"><A/><B></B><C val=""/></InstanceID></Event>`,
			[]upnp.Change{{"0", "A", "", ""}, {"0", "B", "", ""}, {"0", "C", "", ""}}},
		{"foreign prefix, undeclared", `<Event><InstanceID val="0"><r:EnqueuedURI val="x"/><TransportState val="PLAYING"/></InstanceID></Event>`,
			[]upnp.Change{{"0", "EnqueuedURI", "", "x"}, {"0", "TransportState", "", "PLAYING"}}},
		{"bare ampersand", `<Event><InstanceID val="0"><AVTransportURI val="http://h/?a=1&b=2"/></InstanceID></Event>`,
			[]upnp.Change{{"0", "AVTransportURI", "", "http://h/?a=1&b=2"}}},
		{"trailing NULs", "<Event><InstanceID val=\"0\"><Mute val=\"1\"/></InstanceID></Event>\x00\x00",
			[]upnp.Change{{"0", "Mute", "", "1"}}},
		{"a declaration of another encoding", `<?xml version="1.0" encoding="ISO-8859-1"?><Event><InstanceID val="0"><A val="é"/></InstanceID></Event>`,
			[]upnp.Change{{"0", "A", "", "é"}}},
		{"elements below are not changes", `<Event><InstanceID val="0"><MetaData><DIDL-Lite><item/></DIDL-Lite></MetaData><Mute val="1"/></InstanceID></Event>`,
			[]upnp.Change{{"0", "MetaData", "", ""}, {"0", "Mute", "", "1"}}},
		{"empty", "", nil},
		{"blank", " \n", nil},
		{"no instances", "<Event/>", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := upnp.ParseLastChange(tt.value)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(tt.want, got) {
				t.Errorf("want %v, got %v", tt.want, got)
			}
		})
	}
}

func TestParseLastChangeBroken(t *testing.T) {
	const broken = `<Event><InstanceID val="0"><TransportState val="PLAYING"/><AVTransportURIMetaData val="<DIDL>"/></InstanceID></Event>`
	got, err := upnp.ParseLastChange(broken)
	if !errors.Is(err, upnp.ErrMalformed) {
		t.Errorf("want ErrMalformed, got %v", err)
	}
	if want := []upnp.Change{{"0", "TransportState", "", "PLAYING"}}; !slices.Equal(want, got) {
		t.Errorf("want what came before the fault %v, got %v", want, got)
	}
	for n := range broken {
		if got, _ := upnp.ParseLastChange(broken[:n]); len(got) > 1 {
			t.Errorf("%d bytes: want at most one change, got %v", n, got)
		}
	}
	for _, value := range []string{
		"<Event><InstanceID>" + strings.Repeat("<A/>", 100000),
		strings.Repeat("<Event>", 100000),
	} {
		if got, err := upnp.ParseLastChange(value); err == nil || len(got) > 600 {
			t.Errorf("%.30q...: want it cut off, got %d changes, %v", value, len(got), err)
		}
	}
}

func TestParseProperties(t *testing.T) {
	tests := []struct {
		name string
		body string
		want map[string]string
	}{
		{"as the standard says", `<?xml version="1.0"?><e:propertyset xmlns:e="urn:schemas-upnp-org:event-1-0"><e:property><A>1</A></e:property><e:property><B>&lt;Event/&gt;</B></e:property></e:propertyset>`,
			map[string]string{"A": "1", "B": "<Event/>"}},
		{"two in one property", `<propertyset><property><A>1</A><B>2</B></property></propertyset>`, map[string]string{"A": "1", "B": "2"}},
		{"not escaped", `<propertyset><property><LastChange> <Event><InstanceID val="0"/></Event></LastChange></property></propertyset>`,
			map[string]string{"LastChange": `<Event><InstanceID val="0"/></Event>`}},
		{"CDATA", `<propertyset><property><LastChange><![CDATA[<Event a="&amp;"/>]]></LastChange></property></propertyset>`,
			map[string]string{"LastChange": `<Event a="&amp;"/>`}},
		{"empty value", `<propertyset><property><A/></property></propertyset>`, map[string]string{"A": ""}},
		{"empty set", `<propertyset/>`, map[string]string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := upnp.ParseProperties([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("want %v, got %v", tt.want, got)
			}
			for name, want := range tt.want {
				if got[name] != want {
					t.Errorf("%s: want %q, got %q", name, want, got[name])
				}
			}
		})
	}
	for _, body := range []string{"", "text", "<propertyset><property>"} {
		if _, err := upnp.ParseProperties([]byte(body)); !errors.Is(err, upnp.ErrMalformed) {
			t.Errorf("%q: want ErrMalformed, got %v", body, err)
		}
	}
}

func FuzzLastChange(f *testing.F) {
	f.Add(`<Event xmlns="urn:schemas-upnp-org:metadata-1-0/RCS/"><InstanceID val="0"><Volume Channel="Master" val="20"/><A>x&y</A></InstanceID></Event>`)
	f.Add("<Event><InstanceID val=0><A val='<'/>")
	f.Add("</Event></Event><a><b><c>x</c>")
	f.Fuzz(func(t *testing.T, value string) {
		changes, err := upnp.ParseLastChange(value)
		for _, c := range changes {
			if c.Name == "" {
				t.Fatalf("change without a name: %v, %v", changes, err)
			}
		}
	})
}

func FuzzProperties(f *testing.F) {
	f.Add([]byte(`<e:propertyset xmlns:e="urn:schemas-upnp-org:event-1-0"><e:property><LastChange>&lt;Event/&gt;</LastChange></e:property></e:propertyset>`))
	f.Add([]byte("<propertyset><property><A>&\x00</A><B><c/></B></property></propertyset>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		properties, err := upnp.ParseProperties(body)
		if err == nil && properties == nil {
			t.Fatal("want properties or an error")
		}
	})
}
