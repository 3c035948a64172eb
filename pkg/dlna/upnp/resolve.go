package upnp

import (
	"net/url"
	"strings"
)

// A resolver turns the URLs of one description into absolute ones that lead
// to the device itself.
type resolver struct {
	location *url.URL
	base     *url.URL // LOCATION's host and port always; URLBase's path if there is one
}

// newResolver makes the resolver of the document at location. Only the path of an
// URLBase is used: its port is wrong on some devices (Yamaha WXAD-10), and its host is
// not trusted.
func newResolver(location *url.URL, urlBase string) resolver {
	r := resolver{location: location, base: location}
	if u := parseURL(urlBase); u != nil && u.Path != "" {
		r.base = &url.URL{Scheme: location.Scheme, Host: location.Host, Path: u.Path, RawPath: u.RawPath}
	}
	return r
}

// resolve returns the absolute form of ref, nil if ref is none. Relative ones
// start at the description's folder (RFC 3986), not at the root. An absolute one may
// have another port of the same host; any other host is replaced by LOCATION's.
func (r resolver) resolve(ref string) *url.URL {
	u := parseURL(ref)
	if u == nil {
		return nil
	}
	u = r.base.ResolveReference(u)
	if u.Scheme != "http" || u.Hostname() != r.location.Hostname() {
		u.Scheme, u.Host = r.location.Scheme, r.location.Host
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return u
}

// parseURL returns nil for a text that is empty, too long, opaque ("mailto:x") or no
// URL.
func parseURL(s string) *url.URL {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > maxURLBytes {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Opaque != "" {
		return nil
	}
	return u
}
