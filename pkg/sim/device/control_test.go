package device

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

const playCall = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` +
	`<u:Play xmlns:u="urn:schemas-upnp-org:service:AVTransport:1"><InstanceID>0</InstanceID><Speed>a &lt; b</Speed></u:Play></s:Body></s:Envelope>`

var wantPlay = Call{
	ServiceType: "urn:schemas-upnp-org:service:AVTransport:1", Action: "Play",
	Args: []Argument{{Name: "InstanceID", Value: "0"}, {Name: "Speed", Value: "a < b"}},
}

func TestParseCall(t *testing.T) {
	c, err := ParseCall([]byte(playCall))
	if err != nil || !reflect.DeepEqual(c, wantPlay) {
		t.Errorf("want %+v, got %+v, %v", wantPlay, c, err)
	}
	if want, got := map[string]string{"InstanceID": "0", "Speed": "a < b"}, c.In(); !reflect.DeepEqual(want, got) {
		t.Errorf("want arguments %v, got %v", want, got)
	}
	action := strings.Index(playCall, "</u:Play>") + len("</u:Play>") // what follows is not read
	for length := range action {
		if _, err := ParseCall([]byte(playCall[:length])); err == nil {
			t.Errorf("cut at %d bytes: want an error", length)
		}
	}
	for name, message := range map[string]string{
		"another envelope":   strings.ReplaceAll(playCall, "xmlsoap", "soap"),
		"no body":            strings.ReplaceAll(playCall, "Body", "Head"),
		"too many arguments": strings.Replace(playCall, "<Speed>", strings.Repeat("<A/>", maxArguments)+"<Speed>", 1),
	} {
		if _, err := ParseCall([]byte(message)); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func TestReadCall(t *testing.T) {
	for name, tt := range map[string]struct {
		message string
		want    int
	}{
		"a call":   {playCall, http.StatusOK},
		"no call":  {"<a/>", http.StatusBadRequest},
		"too long": {strings.Repeat(" ", maxCallBytes) + playCall, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			c, message, err := ReadCall(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.message)))
			if w.Code != tt.want || (err == nil) != (tt.want == http.StatusOK) {
				t.Fatalf("want status %d, got %d, %v", tt.want, w.Code, err)
			}
			if err == nil && (c.Action != "Play" || string(message) != tt.message) {
				t.Errorf("want the call and its message, got %+v, %q", c, message)
			}
		})
	}
}

func TestOutcome(t *testing.T) {
	for name, tt := range map[string]struct {
		out    []Argument
		fault  *Fault
		status int
		want   string
	}{
		"nothing to tell": {nil, nil, 200, `<u:PlayResponse xmlns:u="urn:schemas-upnp-org:service:AVTransport:1"></u:PlayResponse>`},
		"values":          {[]Argument{{Name: "A", Value: "<&"}, {Name: "B"}}, nil, 200, `<A>&lt;&amp;</A><B></B></u:PlayResponse>`},
		"a fault":         {nil, ErrInvalidArgs, 500, `<errorCode>402</errorCode><errorDescription>Invalid Args</errorDescription></UPnPError>`},
		"without a text":  {nil, &Fault{Code: 800}, 500, `<errorCode>800</errorCode></UPnPError>`},
	} {
		t.Run(name, func(t *testing.T) {
			status, message := Outcome(wantPlay, tt.out, tt.fault)
			if status != tt.status || !strings.Contains(string(message), tt.want) {
				t.Errorf("want %d and %s, got %d and %s", tt.status, tt.want, status, message)
			}
		})
	}
}
