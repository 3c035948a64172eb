package upnp_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

const renderingControl = "urn:schemas-upnp-org:service:RenderingControl:1"

// deviceThatAnswers is a service whose control URL answers everything alike.
func deviceThatAnswers(t *testing.T, status int, body string) upnp.Service {
	t.Helper()
	return deviceThat(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func deviceThat(t *testing.T, handle http.HandlerFunc) upnp.Service {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	control, err := url.Parse(server.URL + "/control")
	if err != nil {
		t.Fatal(err)
	}
	return upnp.Service{Type: renderingControl, Control: control}
}

type setVolumeIn struct {
	InstanceID    string
	Channel       string
	DesiredVolume string
}

func TestCallOnTheWire(t *testing.T) {
	var got *http.Request
	var body string
	svc := deviceThat(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
		_, _ = io.WriteString(w, `<Envelope><Body><SetVolumeResponse/></Body></Envelope>`)
	})
	in := setVolumeIn{"0", "Mas<t>&er", "12"}
	if err := upnp.NewClient(upnp.Options{}).Call(t.Context(), svc, "SetVolume", &in, nil); err != nil {
		t.Fatal(err)
	}
	checks := []struct{ name, want, got string }{
		{"method", "POST", got.Method},
		{"SOAPACTION", `"` + renderingControl + `#SetVolume"`, got.Header.Get("Soapaction")},
		{"Content-Type", `text/xml; charset="utf-8"`, got.Header.Get("Content-Type")},
		{"Connection", "close", strings.Join(got.Header["Connection"], ",")},
		{"Accept-Encoding", "", got.Header.Get("Accept-Encoding")},
	}
	for _, c := range checks {
		if c.want != c.got {
			t.Errorf("%s: want %q, got %q", c.name, c.want, c.got)
		}
	}
	if got.ContentLength != int64(len(body)) {
		t.Errorf("want Content-Length %d, got %d", len(body), got.ContentLength)
	}
	const arguments = "<InstanceID>0</InstanceID><Channel>Mas&lt;t&gt;&amp;er</Channel><DesiredVolume>12</DesiredVolume>"
	if !strings.Contains(body, arguments) {
		t.Errorf("want the arguments in order, got %s", body)
	}
}

func TestCallAnswers(t *testing.T) {
	const envelope = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`
	const end = `</s:Body></s:Envelope>`
	tests := []struct{ name, body, want string }{
		{"sound", envelope + `<u:GetResponse xmlns:u="urn:x"><URI>http://h/a</URI><Extra>1</Extra></u:GetResponse>` + end, "http://h/a"},
		{"bare ampersand", envelope + `<u:GetResponse xmlns:u="urn:x"><URI>http://h/?a=1&b=2</URI></u:GetResponse>` + end, "http://h/?a=1&b=2"},
		{"ISO-8859-1", `<?xml version="1.0" encoding="ISO-8859-1"?>` + envelope + "<u:GetResponse xmlns:u=\"urn:x\"><URI>\xfc</URI></u:GetResponse>" + end, "ü"},
		{"control character", envelope + "<u:GetResponse xmlns:u=\"urn:x\"><URI>a\x01b</URI></u:GetResponse>" + end, "ab"},
		{"no namespaces", `<Envelope><Body><GetResponse><URI>a</URI></GetResponse></Body></Envelope>`, "a"},
		{"leading newline, trailing NUL", "\n" + envelope + `<u:GetResponse xmlns:u="urn:x"><URI>a</URI></u:GetResponse>` + end + "\x00", "a"},
		{"escaped XML", envelope + `<u:GetResponse xmlns:u="urn:x"><URI>&lt;DIDL-Lite&gt;a &amp;amp; b</URI></u:GetResponse>` + end, "<DIDL-Lite>a &amp; b"},
		{"argument missing", envelope + `<u:GetResponse xmlns:u="urn:x"></u:GetResponse>` + end, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			svc := deviceThatAnswers(t, http.StatusOK, tt.body)
			var out struct{ URI string }
			err := upnp.NewClient(upnp.Options{}).Call(t.Context(), svc, "Get", nil, &out)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want != out.URI {
				t.Errorf("want %q, got %q", tt.want, out.URI)
			}
		})
	}
}

func TestCallFault(t *testing.T) {
	const fault = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode>` +
		`<faultstring>UPnPError</faultstring>%</s:Fault></s:Body></s:Envelope>`
	tests := []struct {
		name   string
		status int
		detail string
		want   upnp.Fault
	}{
		{"as the standard says", 500, `<detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>701</errorCode><errorDescription>Transition not available</errorDescription></UPnPError></detail>`,
			upnp.Fault{Code: 701, Description: "Transition not available"}},
		{"with status 200", 200, `<detail><UPnPError><errorCode> 714 </errorCode></UPnPError></detail>`, upnp.Fault{Code: 714, Description: "UPnPError"}},
		{"without detail", 500, "", upnp.Fault{Description: "UPnPError"}},
		{"bare ampersand", 500, `<detail><UPnPError><errorCode>402</errorCode><errorDescription>a & b</errorDescription></UPnPError></detail>`, upnp.Fault{Code: 402, Description: "a & b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			svc := deviceThatAnswers(t, tt.status, strings.Replace(fault, "%", tt.detail, 1))
			c := upnp.NewClient(upnp.Options{})
			err := c.Call(t.Context(), svc, "Stop", nil, nil)
			var got *upnp.Fault
			if !errors.As(err, &got) {
				t.Fatalf("want a Fault, got %v", err)
			}
			if tt.want != *got {
				t.Errorf("want %+v, got %+v", tt.want, *got)
			}
			if c.Stats().Faults != 1 {
				t.Errorf("want 1 fault counted, got %d", c.Stats().Faults)
			}
		})
	}
}

func TestCallErrors(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		want   string // in the text
	}{
		{"page of HTML", http.StatusNotFound, "<html><h1>404</h1></html>", "HTTP 404"},
		{"empty error", http.StatusInternalServerError, "", "HTTP 500"},
		{"error status, envelope without fault", http.StatusInternalServerError, "<Envelope><Body/></Envelope>", "HTTP 500"},
		{"empty answer", http.StatusOK, "", "malformed"},
		{"no envelope", http.StatusOK, "<html/>", "malformed"},
		{"empty body", http.StatusOK, "<Envelope><Body/></Envelope>", "malformed"},
		{"redirect", http.StatusFound, "", "HTTP 302"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			svc := deviceThatAnswers(t, tt.status, tt.body)
			err := upnp.NewClient(upnp.Options{}).Call(t.Context(), svc, "Stop", nil, &struct{}{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("want an error with %q, got %v", tt.want, err)
			}
		})
	}
}

// goupnp has parts that write to the standard logger; none of them may be
// called from here.
func TestStandardLoggerSilent(t *testing.T) {
	var written bytes.Buffer
	log.SetOutput(&written)
	defer log.SetOutput(os.Stderr)
	c := upnp.NewClient(upnp.Options{})
	for _, body := range []string{"", "<html>", "<Envelope><Body/></Envelope>", "<root><device><UDN>uuid:1</UDN></device></root>"} {
		svc := deviceThatAnswers(t, http.StatusOK, body)
		_, _ = c.Describe(t.Context(), svc.Control.String(), netip.MustParseAddr("127.0.0.1"))
		_ = c.Call(t.Context(), svc, "Stop", nil, &struct{}{})
	}
	if written.Len() > 0 {
		t.Errorf("want nothing logged, got %s", written.String())
	}
}

func TestCallKeepsTheCause(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	control := &url.URL{Scheme: "http", Host: listener.Addr().String()}
	listener.Close()
	c := upnp.NewClient(upnp.Options{})
	err = c.Call(t.Context(), upnp.Service{Type: renderingControl, Control: control}, "Stop", nil, nil)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("want ECONNREFUSED, got %v", err)
	}

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	err = c.Call(ended, upnp.Service{Type: renderingControl, Control: control}, "Stop", nil, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("want the context's end, got %v", err)
	}
}

func TestCallRefused(t *testing.T) {
	c := upnp.NewClient(upnp.Options{})
	for _, host := range []string{"169.254.169.254", "localhost", "239.255.255.250:1900"} {
		svc := upnp.Service{Type: renderingControl, Control: &url.URL{Scheme: "http", Host: host}}
		if err := c.Call(t.Context(), svc, "Stop", nil, nil); !errors.Is(err, upnp.ErrRefused) {
			t.Errorf("%s: want ErrRefused, got %v", host, err)
		}
	}
	if got := c.Stats().Refused; got != 3 {
		t.Errorf("want 3 refusals counted, got %d", got)
	}
	if err := c.Call(t.Context(), upnp.Service{Type: renderingControl}, "Stop", nil, nil); err == nil {
		t.Error("want an error without control URL")
	}
}

func TestCallSucceedsWithEmptyBody(t *testing.T) {
	client := upnp.NewClient(upnp.Options{})
	for _, status := range []int{http.StatusOK, http.StatusAccepted, http.StatusNoContent} {
		svc := deviceThatAnswers(t, status, "")
		if err := client.Call(t.Context(), svc, "SetVolume", &setVolumeIn{"0", "Master", "12"}, nil); err != nil {
			t.Errorf("HTTP %d: want success, got %v", status, err)
		}
		var out struct{ CurrentVolume string }
		if err := client.Call(t.Context(), svc, "GetVolume", nil, &out); err == nil {
			t.Errorf("HTTP %d: want an error where an argument is missing", status)
		}
	}
}
