package upnp

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"testing"
)

// faultyDescriptions are one device each, with one fault.
var faultyDescriptions = map[string]string{
	"two hyphens in a comment": `<root><!-- a -- b --><device><UDN>uuid:1</UDN>` + oneService + `</device></root>`,
	"text after the root":      `<root><device><UDN>uuid:1</UDN>` + oneService + `</device></root> rest <`,
	"bare <":                   `<root><device><friendlyName>a < b</friendlyName><UDN>uuid:1</UDN>` + oneService + `</device></root>`,
	"empty tag":                `<root><device><>` + `<UDN>uuid:1</UDN>` + oneService + `</device></root>`,
	"missing end tag":          `<root><device><modelName>M<UDN>uuid:1</UDN>` + oneService + `</device></root>`,
	"stray end tag":            `<root><device></b><UDN>uuid:1</UDN>` + oneService + `</device></root>`,
	"cut end":                  `<root><device><UDN>uuid:1</UDN>` + oneService + `</dev`,
}

const oneService = `<serviceList><service><serviceType>urn:x:service:AVTransport:1</serviceType>` +
	`<controlURL>/c</controlURL></service></serviceList>`

func TestDescriptionWithFaultIsUsed(t *testing.T) {
	location, _ := url.Parse("http://192.0.2.9/d.xml")
	for name, document := range faultyDescriptions {
		t.Run(name, func(t *testing.T) {
			d, err := parseDescription([]byte(document), location)
			if err != nil {
				t.Fatal(err)
			}
			if s, ok := d.Service("urn:x:service:AVTransport:"); d.UDN != "uuid:1" || !ok || s.Control == nil {
				t.Errorf("want the UDN and the service, got %+v", d)
			}
		})
	}
}

func TestDescriptionWithTooLongContentLengthIsUsed(t *testing.T) {
	const document = `<root><device><UDN>uuid:1</UDN></device></root>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(document)+9))
		_, _ = io.WriteString(w, document)
	}))
	defer server.Close()
	d, err := NewClient(Options{}).Describe(t.Context(), server.URL, netip.MustParseAddr("127.0.0.1"))
	if err != nil || d.UDN != "uuid:1" {
		t.Errorf("want the device, got %v, %v", d, err)
	}
}

func FuzzSalvage(f *testing.F) {
	for _, document := range faultyDescriptions {
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document string) {
		once := salvage(repair([]byte(document)))
		if len(once) == 0 {
			return
		}
		if twice := salvage(once); string(twice) != string(once) {
			t.Fatalf("salvaged again it differs: %q, %q", once, twice)
		}
	})
}
