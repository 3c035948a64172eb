package device

import "testing"

func FuzzParseCall(f *testing.F) {
	f.Add([]byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` +
		`<u:Play xmlns:u="urn:schemas-upnp-org:service:AVTransport:1"><InstanceID>0</InstanceID><Speed>1</Speed></u:Play></s:Body></s:Envelope>`))
	f.Add([]byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body></s:Body></s:Envelope>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCall(b)
		if err == nil && (c.Action == "" || len(c.Args) > maxArguments) {
			t.Errorf("want an action and bounded arguments, got %+v", c)
		}
	})
}

func FuzzParseCallback(f *testing.F) {
	f.Add("<http://127.0.0.1:80/a><http://127.0.0.1:81/b>")
	f.Add("<http://[::1]/>")
	f.Fuzz(func(t *testing.T, header string) {
		u, err := parseCallback(header, "127.0.0.1:5")
		if err == nil && u.Hostname() != "127.0.0.1" && u.Hostname() != "::ffff:127.0.0.1" {
			t.Errorf("want the subscriber's own address, got %v", u)
		}
	})
}
