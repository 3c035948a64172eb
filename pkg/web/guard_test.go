package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/web"
)

// A name that another site points at our address must not open page or API. The
// test's server is at 127.0.0.1.
func TestHosts(t *testing.T) {
	cases := map[string]int{
		"127.0.0.1":               http.StatusOK,
		"127.0.0.1:8080":          http.StatusOK,
		"[::1]:7700":              http.StatusOK,
		"localhost":               http.StatusOK,
		"LOCALHOST.:7700":         http.StatusOK,
		"breezeway-nas.local":     http.StatusOK,
		"Breezeway-NAS.local.:80": http.StatusOK,
		"evil.example":            http.StatusMisdirectedRequest,
		"evil.example:7700":       http.StatusMisdirectedRequest,
		"localhost.evil.example":  http.StatusMisdirectedRequest,
		"nas.local":               http.StatusOK,
		"nas":                     http.StatusOK,
		"TOWER:7700":              http.StatusOK,
		"nas.lan.":                http.StatusOK,
		"nas.home.arpa":           http.StatusOK,
		"nas.corp.internal:7700":  http.StatusOK,
		"music.example":           http.StatusOK, // BREEZEWAY_HTTP_NAMES
		"rooms.music.example":     http.StatusOK,
		"example":                 http.StatusOK, // no dot: nobody's on the internet
		"nas.local.evil.example":  http.StatusMisdirectedRequest,
		"lan.evil.example":        http.StatusMisdirectedRequest,
		"evil.internal.example":   http.StatusMisdirectedRequest,
		"music.example.evil":      http.StatusMisdirectedRequest,
		"192.0.2.1":               http.StatusMisdirectedRequest,
		"127.0.0.1.evil.example":  http.StatusMisdirectedRequest,
		"2130706433":              http.StatusMisdirectedRequest, // 127.0.0.1 as one number
		"0x7f000001":              http.StatusMisdirectedRequest, // likewise
	}
	o := (&household{speaker: kitchen()}).options()
	o.Names = []string{"music.example", "*.music.example"}
	for host, want := range cases {
		for _, path := range []string{"/", web.StatusPath, web.DoctorPath, web.MetricsPath} {
			if status, _, _ := ask(t, web.New(o), "GET", path, "", "Host: "+host); status != want {
				t.Errorf("%s by %q: want %d, got %d", path, host, want, status)
			}
		}
		if status, _, _ := ask(t, web.New(o), "GET", web.HealthPath, "", "Host: "+host); status != http.StatusOK {
			t.Errorf("want health by any name, got %d by %q", status, host)
		}
	}
}

// A monitor that knows us by a name of its own learns whether we are ready; a site
// that points its name at us learns no more than that.
func TestReadinessByNames(t *testing.T) {
	for host, told := range map[string]bool{
		"127.0.0.1": true, "localhost:7700": true, "breezeway-nas.local": true, "evil.example": false, "nas.lan:7700": true,
	} {
		for _, ready := range []bool{true, false} {
			o, want := full(), http.StatusOK
			if !ready {
				snapshot := o.Snapshot()
				snapshot.Interfaces, want = nil, http.StatusServiceUnavailable
				o.Snapshot = snapshotOf(snapshot)
			}
			status, body, _ := ask(t, web.New(o), "GET", web.ReadyPath, "", "Host: "+host)
			if status != want || strings.Contains(body, "Kitchen") != told || strings.Contains(body, `"no-interface"`) == ready {
				t.Errorf("by %q: want %d, conditions %v, and what is missing, got %d %s", host, want, told, status, body)
			}
		}
	}
}

// Whatever cannot be answered is said in one form.
func TestErrorsAreJSON(t *testing.T) {
	const speaker = web.SpeakersPath + kitchenID
	h := &household{speaker: kitchen()}
	cases := map[string]struct {
		method, path string
		headers      []string
		status       int
		allow        string
	}{
		"not by that name":    {"GET", "/", []string{"Host: evil.example"}, http.StatusMisdirectedRequest, ""},
		"another site":        {"POST", speaker + "/play", []string{"Origin: http://evil.example"}, http.StatusForbidden, ""},
		"no such path":        {"GET", "/api/nothing", nil, http.StatusNotFound, ""},
		"no such page":        {"GET", "/nothing", nil, http.StatusNotFound, ""},
		"no such command":     {"POST", speaker + "/explode", nil, http.StatusNotFound, ""},
		"no such speaker":     {"POST", web.SpeakersPath + "000000000000/play", nil, http.StatusNotFound, ""},
		"wrong method":        {"POST", web.StatusPath, nil, http.StatusMethodNotAllowed, "GET, HEAD"},
		"deleted volume":      {"DELETE", speaker + "/volume", nil, http.StatusMethodNotAllowed, "POST, PUT"},
		"health that is told": {"POST", web.HealthPath, nil, http.StatusMethodNotAllowed, "GET, HEAD"},
	}
	for name, c := range cases {
		status, body, header := ask(t, web.New(h.options()), c.method, c.path, "", c.headers...)
		var said struct{ Error string }
		err := json.Unmarshal([]byte(body), &said)
		if status != c.status || err != nil || said.Error == "" || header.Get("Content-Type") != "application/json" || header.Get("Allow") != c.allow {
			t.Errorf("%s: want %d with an error in words and %q allowed, got %d %v %v %s", name, c.status, c.allow, status, err, header, body)
		}
	}
}

// A name is not ours because we have none.
func TestNoHostname(t *testing.T) {
	o := (&household{}).options()
	snapshot := o.Snapshot()
	snapshot.MDNS.Host = ""
	o.Snapshot = snapshotOf(snapshot)
	if status, _, _ := ask(t, web.New(o), "GET", "/", "", "Host: ."); status == http.StatusOK {
		t.Errorf("want no answer, got %d", status)
	}
}

// Another site's page must not have a visitor's browser change anything.
func TestOrigins(t *testing.T) {
	cases := map[string]struct {
		headers []string
		status  int
	}{
		"no browser":              {nil, http.StatusNoContent},
		"our page":                {[]string{"Host: 127.0.0.1:7700", "Origin: http://127.0.0.1:7700"}, http.StatusNoContent},
		"our page, told":          {[]string{"Sec-Fetch-Site: same-origin", "Origin: http://127.0.0.1:7700"}, http.StatusNoContent},
		"another site":            {[]string{"Origin: http://evil.example"}, http.StatusForbidden},
		"another site, told":      {[]string{"Sec-Fetch-Site: cross-site"}, http.StatusForbidden},
		"a neighbour":             {[]string{"Sec-Fetch-Site: same-site"}, http.StatusForbidden},
		"another port":            {[]string{"Host: 127.0.0.1:7700", "Origin: http://127.0.0.1:80"}, http.StatusForbidden},
		"a sandbox":               {[]string{"Origin: null"}, http.StatusForbidden},
		"a form of another site":  {[]string{"Origin: http://evil.example", "Content-Type: text/plain"}, http.StatusForbidden},
		"by a name of the others": {[]string{"Host: evil.example", "Origin: http://evil.example"}, http.StatusMisdirectedRequest},
	}
	for name, c := range cases {
		h := &household{speaker: kitchen()}
		status, _, _ := ask(t, web.New(h.options()), "POST", web.SpeakersPath+kitchenID+"/pause", "", c.headers...)
		if status != c.status || (len(h.said) > 0) != (status == http.StatusNoContent) {
			t.Errorf("%s: want %d, got %d, and done: %v", name, c.status, status, h.said)
		}
	}
}
