package upnp

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/huin/goupnp/scpd"
)

// An SCPD is a service description (UDA 1.1 section 2.5).
type SCPD struct {
	Actions   []scpd.Action        `xml:"actionList>action"`
	Variables []scpd.StateVariable `xml:"serviceStateTable>stateVariable"`
}

// A Range is the allowedValueRange of a state variable: Min < Max, Step >= 1.
type Range struct {
	Min, Max, Step int
}

// SCPD fetches the description of svc.
func (c *Client) SCPD(ctx context.Context, svc Service) (*SCPD, error) {
	if svc.SCPD == nil {
		return nil, fmt.Errorf("upnp: SCPD: %w: service without SCPD URL", ErrMalformed)
	}
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	_, body, err := c.exchange(ctx, request{method: http.MethodGet, url: svc.SCPD, limit: maxDescriptionBytes})
	if err != nil {
		return nil, fmt.Errorf("upnp: SCPD: %w", err)
	}
	s, err := parseSCPD(body)
	if err != nil {
		return nil, fmt.Errorf("upnp: SCPD of %s: %w", svc.SCPD.Host, err)
	}
	return s, nil
}

func parseSCPD(body []byte) (*SCPD, error) {
	var s SCPD
	if err := decodeSalvaged(body, &s, func(s *SCPD) bool { return len(s.Variables) > 0 }); err != nil {
		return nil, err
	}
	whole := scpd.SCPD{Actions: s.Actions, StateVariables: s.Variables}
	whole.Clean() // stray white space; works in place
	return &s, nil
}

// HasAction reports whether the service offers the action.
func (s *SCPD) HasAction(name string) bool {
	for _, a := range s.Actions {
		if a.Name == name {
			return true
		}
	}
	return false
}

// Range returns the allowed values of a numeric state variable, such as "Volume". It
// returns false if the device has none or an invalid one.
func (s *SCPD) Range(variable string) (Range, bool) {
	for _, v := range s.Variables {
		if v.Name == variable && v.AllowedValueRange != nil {
			return parseRange(v.AllowedValueRange)
		}
	}
	return Range{}, false
}

func parseRange(r *scpd.AllowedValueRange) (Range, bool) {
	lowest, errMin := parseNumber(r.Minimum)
	highest, errMax := parseNumber(r.Maximum)
	step, err := parseNumber(r.Step)
	if err != nil || step < 1 {
		step = 1
	}
	return Range{Min: lowest, Max: highest, Step: step}, errMin == nil && errMax == nil && lowest < highest
}

// parseNumber reads i2 and ui2 values. Some devices write "100.0".
func parseNumber(s string) (int, error) {
	whole, _, _ := strings.Cut(strings.TrimSpace(s), ".")
	n, err := strconv.ParseInt(whole, 10, 32)
	return int(n), err
}
