package web

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/glob"
)

// maxBodyBytes bounds the body of a request, which is a few numbers.
const maxBodyBytes = 4 << 10

// guard prevents other web sites from using a visitor's browser against us. A site may
// point a name of its own at our address (DNS rebinding): only requests to an
// address or a name of ours are answered. And it may send a request from its own
// page: requests that change something must come from our page. Other origins get
// no permission (CORS). Programs that are not browsers pass: whoever is in the
// network may use the page.
//
// Health and readiness are not guarded: a monitor may know us by a name of its own
// DNS. Under such a name they say how many speakers there are and play, and what
// keeps all of them from playing, which the status code says as well; conditions,
// with names of speakers and of programs on this host, are only for names of ours.
func guard(ours hostNames, next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusForbidden, "this request came from a page of another site")
	}))
	sameOrigin := protection.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if !ours.names(r) {
			writeError(w, http.StatusMisdirectedRequest, "This is Breezeway, but not by that name: open it by its IP address, or set BREEZEWAY_HTTP_NAMES to the name.")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
		sameOrigin.ServeHTTP(w, r)
	})
}

// hostNames are the names under which page and API answer.
type hostNames struct {
	own   func() string  // our mDNS name, "" without one
	added []glob.Pattern // by BREEZEWAY_HTTP_NAMES
}

// hostNamesOf are the names of the daemon that o shows.
func hostNamesOf(o Options) hostNames {
	n := hostNames{own: func() string { return o.Snapshot().MDNS.Host }}
	for _, name := range o.Names {
		n.added = append(n.added, glob.New(name))
	}
	return n
}

// homeDomains end names that only a home's own router, or mDNS, resolves: nobody can
// register them in the public DNS (RFC 6762, RFC 8375, and ICANN's reservation of
// .internal; .lan is no top-level domain and the habit of most routers).
var homeDomains = []string{".local", ".lan", ".home.arpa", ".internal"}

// names reports whether the request names us by the address that it came to, by
// loopback, or by a name that no other site can have.
func (n hostNames) names(r *http.Request) bool {
	host := strings.TrimSuffix(hostOf(r.Host), ".")
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host != "" && (sameName(host, n.own()) || isHomeName(host) || n.isAdded(host))
	}
	addr = addr.Unmap().WithZone("")
	return addr.IsLoopback() || addr == localAddr(r)
}

// isHomeName reports whether a name is one that the public DNS cannot have: "nas",
// "nas.lan". A number is none: browsers read it as an IPv4 address.
func isHomeName(host string) bool {
	host = strings.ToLower(host)
	if !strings.Contains(host, ".") {
		return !strings.ContainsAny(host[:1], "0123456789")
	}
	return slices.ContainsFunc(homeDomains, func(domain string) bool { return strings.HasSuffix(host, domain) })
}

func (n hostNames) isAdded(host string) bool {
	return slices.ContainsFunc(n.added, func(p glob.Pattern) bool { return p.Matches(host) })
}

// hostOf is the host in a Host header, without port and brackets; "" if it is malformed.
func hostOf(header string) string {
	u, err := url.Parse("http://" + header)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// sameName compares names as DNS does. No name is ours when we have none.
func sameName(host, ours string) bool {
	ours = strings.TrimSuffix(ours, ".")
	return ours != "" && strings.EqualFold(strings.TrimSuffix(host, "."), ours)
}

// localAddr is the address at which a request arrived.
func localAddr(r *http.Request) netip.Addr {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return netip.Addr{}
	}
	at, err := netip.ParseAddrPort(local.String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}
