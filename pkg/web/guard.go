package web

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// maxBodyBytes bounds the body of a request, which is a few numbers.
const maxBodyBytes = 4 << 10

// guard keeps other sites from using a visitor's browser against us. A site may
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
//
// ownName gives our mDNS name, "" without one.
func guard(ownName func() string, next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusForbidden, "this request came from a page of another site")
	}))
	sameOrigin := protection.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if !isOurs(r, ownName) {
			writeError(w, http.StatusMisdirectedRequest, "This is Breezeway, but not by that name: open it by its IP address.")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
		sameOrigin.ServeHTTP(w, r)
	})
}

// isOurs reports whether the request names us by the address that it came to, by
// loopback, or by our mDNS name.
func isOurs(r *http.Request, ownName func() string) bool {
	host := hostOf(r.Host)
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return sameName(host, "localhost") || sameName(host, ownName())
	}
	addr = addr.Unmap().WithZone("")
	return addr.IsLoopback() || addr == localAddr(r)
}

// hostOf is the host of a Host header, without port and brackets; "" if it is
// none.
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

// localAddr is the address of ours that a request came to.
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
