package upnp

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
)

func readTestdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDescribe(t *testing.T) {
	document := readTestdata(t, "zoneplayer.xml")
	var agent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agent = r.UserAgent()
		w.Header().Set("Server", "Linux UPnP/1.0 Example/1.0")
		_, _ = w.Write(document)
	}))
	defer server.Close()

	c := NewClient(Options{UserAgent: "Linux/6 UPnP/1.1 test/1"})
	root, err := c.Describe(t.Context(), " "+server.URL+"/xml/d.xml\n", loopback)
	if err != nil {
		t.Fatal(err)
	}
	renderers := root.Find("urn:schemas-upnp-org:device:MediaRenderer:")
	if len(renderers) != 1 {
		t.Fatalf("want 1 renderer, got %d", len(renderers))
	}
	r := renderers[0]
	transport, ok := r.Service("urn:schemas-upnp-org:service:AVTransport:")
	if !ok {
		t.Fatal("want an AVTransport service of any version")
	}
	checks := []struct{ name, want, got string }{
		{"user agent", "Linux/6 UPnP/1.1 test/1", agent},
		{"root UDN", "uuid:RINCON_00005E00530101400", root.UDN},
		{"root name", "192.0.2.20 - Example One", root.FriendlyName},
		{"UDN", "uuid:RINCON_00005E00530101400_MR", r.UDN},
		{"name on one line", "Example One Renderer", r.FriendlyName},
		{"room of the root", "Küche & Bad", r.RoomName},
		{"software of the root", "2 85.0-64200 17.2", r.SoftwareGeneration + " " + r.SoftwareVersion + " " + r.DisplayVersion},
		{"server", "Linux UPnP/1.0 Example/1.0", r.Server},
		{"service type", "urn:schemas-upnp-org:service:AVTransport:3", transport.Type},
		{"control URL", server.URL + "/MediaRenderer/AVTransport/Control", transport.Control.String()},
		{"SCPD URL", server.URL + "/xml/AVTransport1.xml", transport.SCPD.String()},
	}
	for _, c := range checks {
		if c.want != c.got {
			t.Errorf("%s: want %q, got %q", c.name, c.want, c.got)
		}
	}
	if transport.Event != nil {
		t.Errorf("want no event URL, got %v", transport.Event)
	}
	if _, ok := root.Service("urn:schemas-upnp-org:service:RenderingControl:"); !ok {
		t.Error("want the services of embedded devices found from the root")
	}
	if _, ok := root.Service("urn:schemas-upnp-org:service:ContentDirectory:"); ok {
		t.Error("want no service that is not there")
	}
}

func TestDescribeAnswers(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		want   error // nil: any error
	}{
		{"not found", http.StatusNotFound, "<html></html>", nil},
		{"empty", http.StatusOK, "", ErrMalformed},
		{"HTML", http.StatusOK, "<!DOCTYPE html><html><body><p>Hello</body></html>", ErrMalformed},
		{"no XML", http.StatusOK, "Hello", ErrMalformed},
		{"no UDN", http.StatusOK, "<root><device><friendlyName>x</friendlyName></device></root>", ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
			}))
			defer server.Close()
			_, err := NewClient(Options{}).Describe(t.Context(), server.URL, loopback)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("want %v, got %v", tt.want, err)
			}
		})
	}
}

// Every truncation is an error or a device with a UDN, never a panic.
func TestDescriptionTruncated(t *testing.T) {
	document := readTestdata(t, "zoneplayer.xml")
	location, _ := url.Parse("http://192.0.2.20:1400/xml/d.xml")
	for n := range document {
		d, err := parseDescription(document[:n], location)
		if err == nil && d.UDN == "" {
			t.Fatalf("%d bytes: want an error or a UDN", n)
		}
	}
}

func TestDescriptionLatin1(t *testing.T) {
	document := "<?xml version='1.0' encoding='ISO-8859-1'?>" +
		"<root><device><UDN>uuid:1</UDN><friendlyName>K\xfcche</friendlyName></device></root>"
	location, _ := url.Parse("http://192.0.2.20/")
	d, err := parseDescription([]byte(document), location)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Küche"; d.FriendlyName != want {
		t.Errorf("want %q, got %q", want, d.FriendlyName)
	}
}

func TestDescriptionLongName(t *testing.T) {
	document := "<root><device><UDN>uuid:1</UDN><friendlyName>" + strings.Repeat("ü", 5000) + "</friendlyName></device></root>"
	location, _ := url.Parse("http://192.0.2.20/")
	d, err := parseDescription([]byte(document), location)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat("ü", maxNameRunes); d.FriendlyName != want {
		t.Errorf("want %d runes, got %q", maxNameRunes, d.FriendlyName)
	}
}

// An XML bomb neither grows nor hides a device.
func TestDescriptionXMLBomb(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString(`<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol0 "lol">`)
	for i := 1; i < 10; i++ {
		ref := fmt.Sprintf("&lol%d;", i-1)
		fmt.Fprintf(&bomb, `<!ENTITY lol%d "%s">`, i, strings.Repeat(ref, 10))
	}
	bomb.WriteString(`]><root><device><UDN>uuid:1</UDN><friendlyName>&lol9;</friendlyName></device></root>`)
	location, _ := url.Parse("http://192.0.2.20/")
	d, err := parseDescription([]byte(bomb.String()), location)
	if err != nil {
		t.Fatal(err)
	}
	if want := "&lol9;"; d.FriendlyName != want {
		t.Errorf("want the reference as text %q, got %q", want, d.FriendlyName)
	}
}

func TestDescriptionShapeLimited(t *testing.T) {
	tests := []struct{ name, document string }{
		{"deep", "<root>" + strings.Repeat("<deviceList><device>", 2000)},
		{"broad", "<root><device><UDN>uuid:1</UDN><serviceList>" + strings.Repeat("<service/>", 40000) + "</serviceList></device></root>"},
	}
	location, _ := url.Parse("http://192.0.2.20/")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parseDescription([]byte(tt.document), location); !errors.Is(err, ErrMalformed) {
				t.Errorf("want ErrMalformed, got %v", err)
			}
		})
	}
}

func TestResolve(t *testing.T) {
	const location = "http://192.0.2.20:1400/xml/desc/d.xml"
	tests := []struct {
		name    string
		urlBase string
		ref     string
		want    string // "" for nil
	}{
		{"absolute path", "", "/AVTransport/Control", "http://192.0.2.20:1400/AVTransport/Control"},
		{"relative to the folder", "", "avt/control", "http://192.0.2.20:1400/xml/desc/avt/control"},
		{"up one folder", "", "../avt", "http://192.0.2.20:1400/xml/avt"},
		{"query only", "", "?service=avt", "http://192.0.2.20:1400/xml/desc/d.xml?service=avt"},
		{"white space around", "", "\n\t /ctl \r\n", "http://192.0.2.20:1400/ctl"},
		{"blank inside", "", "/av transport", "http://192.0.2.20:1400/av%20transport"},
		{"query kept", "", "/ctl?id=1&x=y", "http://192.0.2.20:1400/ctl?id=1&x=y"},
		{"fragment dropped", "", "/ctl#x", "http://192.0.2.20:1400/ctl"},
		{"absolute, same host, another port", "", "http://192.0.2.20:8091/ctl", "http://192.0.2.20:8091/ctl"},
		{"absolute, foreign host", "", "http://203.0.113.5:80/ctl", "http://192.0.2.20:1400/ctl"},
		{"absolute, loopback", "", "http://127.0.0.1/ctl", "http://192.0.2.20:1400/ctl"},
		{"absolute, user info", "", "http://a:b@192.0.2.20:1400/ctl", "http://192.0.2.20:1400/ctl"},
		{"https", "", "https://192.0.2.20/ctl", "http://192.0.2.20:1400/ctl"},
		{"host without scheme", "", "//203.0.113.5/ctl", "http://192.0.2.20:1400/ctl"},
		{"URLBase with a folder", "http://192.0.2.20:1400/upnp/", "ctl", "http://192.0.2.20:1400/upnp/ctl"},
		{"URLBase with blanks around", "  http://192.0.2.20:1400/upnp/ \n", "ctl", "http://192.0.2.20:1400/upnp/ctl"},
		{"URLBase with a wrong port", "http://192.0.2.20:8080/", "/ctl", "http://192.0.2.20:1400/ctl"},
		{"URLBase elsewhere", "http://203.0.113.5/base/", "ctl", "http://192.0.2.20:1400/base/ctl"},
		{"URLBase without path", "http://192.0.2.20:1400", "ctl", "http://192.0.2.20:1400/xml/desc/ctl"},
		{"URLBase nonsense", "::::", "ctl", "http://192.0.2.20:1400/xml/desc/ctl"},
		{"empty", "", "", ""},
		{"blank", "", " \n", ""},
		{"opaque", "", "mailto:a@b", ""},
		{"control character", "", "/ctl\x7f", ""},
		{"endless", "", "/" + strings.Repeat("a", maxURLBytes), ""},
	}
	u, _ := url.Parse(location)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if r := newResolver(u, tt.urlBase).resolve(tt.ref); r != nil {
				got = r.String()
			}
			if tt.want != got {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
}

func FuzzDescription(f *testing.F) {
	f.Add(readTestdata(f, "zoneplayer.xml"))
	f.Add([]byte("<root><URLBase>http://203.0.113.5/</URLBase><device><UDN>u</UDN><serviceList><service><controlURL>//x/</controlURL></service></serviceList></device></root>"))
	f.Add([]byte("<?xml version='1.0' encoding='ISO-8859-1'?><root><device><UDN>\xfc&</UDN></device></root>"))
	location, _ := url.Parse("http://192.0.2.20:1400/xml/d.xml")
	f.Fuzz(func(t *testing.T, document []byte) {
		d, err := parseDescription(document, location)
		if err != nil {
			return
		}
		for _, d := range d.Find("") {
			for _, s := range d.Services {
				for _, u := range []*url.URL{s.Control, s.Event, s.SCPD} {
					if u != nil && (u.Hostname() != location.Hostname() || u.Scheme != "http") {
						t.Fatalf("URL leads elsewhere: %s", u)
					}
				}
			}
		}
	})
}
