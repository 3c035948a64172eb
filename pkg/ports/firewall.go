package ports

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// A Firewall is a set of commands for one tool, ready to paste.
type Firewall struct {
	Tool  string   `json:"tool"`
	Note  string   `json:"note,omitempty"`
	Lines []string `json:"lines"`
}

// comment marks the rules, so that the user can find them again.
const comment = "breezeway"

// Firewalls are the commands that open the ports of the plan to the given networks
// only, or to everybody if none are given. They cannot open ports that are not known
// before they are bound: Unfixed lists those.
func Firewalls(plan []Row, from []netip.Prefix) []Firewall {
	tools := []Firewall{
		{Tool: "ufw"},
		{Tool: "nft", Note: "until the next start; put in the name of your own chain"},
		{Tool: "firewalld"},
	}
	for _, r := range plan {
		if r.Unused || r.Ports.Any() {
			continue
		}
		for _, n := range r.sources(from) {
			tools[0].Lines = append(tools[0].Lines, r.ufw(n))
			tools[1].Lines = append(tools[1].Lines, r.nft(n))
			tools[2].Lines = append(tools[2].Lines, r.firewalld(n))
		}
	}
	if len(tools[2].Lines) > 0 {
		tools[2].Lines = append(tools[2].Lines, "firewall-cmd --reload")
	}
	return tools
}

// Unfixed are the rows that no firewall rule can be written for.
func Unfixed(plan []Row) []Row {
	var rows []Row
	for _, r := range plan {
		if !r.Unused && r.Ports.Any() {
			rows = append(rows, r)
		}
	}
	return rows
}

// sources are the networks of the row's address families; one zero Prefix means
// everywhere.
func (r Row) sources(from []netip.Prefix) []netip.Prefix {
	if len(from) == 0 {
		return []netip.Prefix{{}}
	}
	var networks []netip.Prefix
	for _, n := range from {
		if n.Addr().Is4() || !r.IPv4 {
			networks = append(networks, n)
		}
	}
	return networks
}

func (r Row) protocol() string { return strings.ToLower(r.Protocol.String()) }

func (r Row) ufw(from netip.Prefix) string {
	source := "any"
	if from.IsValid() {
		source = from.String()
	}
	return fmt.Sprintf("ufw allow proto %s from %s to any port %s comment %s",
		r.protocol(), source, joined(r.Ports, ":", ""), comment)
}

// nft inserts its rule at the beginning: after a rule that drops everything else it
// would never match.
func (r Row) nft(from netip.Prefix) string {
	source := ""
	switch {
	case from.IsValid() && from.Addr().Is4():
		source = "ip saddr " + from.String() + " "
	case from.IsValid():
		source = "ip6 saddr " + from.String() + " "
	}
	return fmt.Sprintf("nft insert rule inet filter input %s%s dport %v accept comment %s",
		source, r.protocol(), r.Ports, comment)
}

func (r Row) firewalld(from netip.Prefix) string {
	source := ""
	switch {
	case from.IsValid() && from.Addr().Is4():
		source = fmt.Sprintf(`family="ipv4" source address="%v" `, from)
	case from.IsValid():
		source = fmt.Sprintf(`family="ipv6" source address="%v" `, from)
	}
	return fmt.Sprintf(`firewall-cmd --permanent --add-rich-rule='rule %sport port="%v" protocol="%s" accept'`,
		source, r.Ports, r.protocol())
}

// linkLocal are the source addresses of IPv6 hosts that have no other address yet.
var linkLocal = netip.MustParsePrefix("fe80::/10")

// MergeNetworks removes networks that are part of another one in the list, and puts
// IPv4 first. A link-local network becomes fe80::/10.
func MergeNetworks(networks []netip.Prefix) []netip.Prefix {
	networks = slices.Clone(networks)
	for i, n := range networks {
		if linkLocal.Contains(n.Addr()) {
			networks[i] = linkLocal
		}
	}
	slices.SortStableFunc(networks, func(a, b netip.Prefix) int {
		if a.Addr().BitLen() != b.Addr().BitLen() {
			return a.Addr().BitLen() - b.Addr().BitLen()
		}
		return a.Bits() - b.Bits()
	})
	var kept []netip.Prefix
	for _, n := range networks {
		if !slices.ContainsFunc(kept, func(k netip.Prefix) bool { return k.Overlaps(n) }) {
			kept = append(kept, n)
		}
	}
	return kept
}
