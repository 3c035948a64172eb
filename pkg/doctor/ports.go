package doctor

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
)

// A knownPort is one that another program is known to use.
type knownPort struct {
	protocol sockets.Protocol
	port     uint16
	purpose  string
}

// plexPorts are those of Plex Media Server (support.plex.tv, article 201543147).
var plexPorts = []knownPort{
	{sockets.UDP, ssdpPort, "DLNA"},
	{sockets.UDP, mdnsPort, "Bonjour"},
	{sockets.TCP, 8324, "Roku companion"},
	{sockets.TCP, 32400, "everything"},
	{sockets.UDP, 32410, "GDM"},
	{sockets.UDP, 32412, "GDM"},
	{sockets.UDP, 32413, "GDM"},
	{sockets.UDP, 32414, "GDM"},
	{sockets.TCP, 32469, "DLNA"},
}

func (k knownPort) String() string { return fmt.Sprintf("%d/%v (%s)", k.port, k.protocol, k.purpose) }

// checkPlex tells which of Plex's ports are in use, and which of ours are Plex's.
func (x *exam) checkPlex(context.Context) Result {
	if x.socketFault != nil {
		return skip(x.socketFault.Error())
	}
	var open, clashes []string
	var do []Step
	for _, k := range plexPorts {
		if len(x.others(x.sockets.On(k.protocol, k.port))) > 0 {
			open = append(open, k.String())
		}
		for _, p := range x.Ports {
			if p.includes(k) {
				clashes = append(clashes, k.String()+" in "+p.Variable)
				do = append(do, x.cureMove(p)...)
			}
		}
	}
	seen := "taken by others on this host: " + orNone(open)
	if len(clashes) == 0 {
		return fine(seen + "; none of ours is among Plex's")
	}
	return Result{
		Status: Warning,
		Seen:   seen + "; ours as well: " + strings.Join(clashes, ", "),
		Means:  "Plex does not share these. Which of the two starts first gets them, and the other lacks them.",
		Do:     slices.CompactFunc(do, func(a, b Step) bool { return a == b }),
	}
}

func (p Ports) includes(k knownPort) bool {
	return p.First != 0 && p.Protocol == k.protocol && k.port >= p.First && k.port <= p.Last
}

// checkPorts tells who has ports of one of our ranges.
func (x *exam) checkPorts(p Ports) Result {
	switch {
	case x.socketFault != nil:
		return skip(x.socketFault.Error())
	case p.First == 0:
		return Result{
			Status: Note,
			Seen:   "any port that is free",
			Means:  "No firewall rule can be written for ports that change with each start.",
			Do:     x.cureMove(Ports{Variable: p.Variable, Protocol: p.Protocol, First: 7700, Last: 7799}),
		}
	}
	holders := x.others(x.sockets.Within(p.Protocol, p.First, p.Last))
	taken := make(map[uint16]bool)
	for _, h := range holders {
		taken[h.Local.Port()] = true
	}
	free := int(p.Last) - int(p.First) + 1 - len(taken)
	seen := fmt.Sprintf("%v %s, %d of them free", p.Protocol, p.span(), free)
	switch {
	case len(taken) == 0:
		return fine(seen)
	case free >= p.Needed:
		return Result{
			Status: Note,
			Seen:   seen + "; " + listHolders(holders),
			Means:  "Breezeway takes the next ports of the range.",
		}
	}
	return Result{
		Status: Failed,
		Seen:   seen + ", " + strconv.Itoa(p.Needed) + " needed; " + listHolders(holders),
		Means:  "Other programs leave too few ports to start or to play.",
		Do:     append(x.cureMove(p), Step{Text: "Or stop the program that has them."}),
	}
}

func (p Ports) span() string {
	if p.First == p.Last {
		return strconv.Itoa(int(p.First))
	}
	return fmt.Sprintf("%d-%d", p.First, p.Last)
}

// Ranges are proposed between the ports of services and those that the kernel
// hands out by default.
const (
	lowestProposal  = 7700
	highestProposal = 32000
)

// freeRange finds ports next to p's that nobody has or is known to want.
func (x *exam) freeRange(p Ports) (first, last uint16, ok bool) {
	length := int(p.Last) - int(p.First) + 1
	start := int(p.First)
	if start < lowestProposal || start > highestProposal {
		start = lowestProposal
	}
	for ; start+length-1 <= highestProposal; start += length {
		r := Ports{Variable: p.Variable, Protocol: p.Protocol, First: uint16(start), Last: uint16(start + length - 1)}
		if x.isFree(r) {
			return r.First, r.Last, true
		}
	}
	return 0, 0, false
}

func (x *exam) isFree(r Ports) bool {
	if len(x.sockets.Within(r.Protocol, r.First, r.Last)) > 0 || slices.ContainsFunc(plexPorts, r.includes) {
		return false
	}
	for _, other := range x.Ports {
		if other.Variable != r.Variable && other.First <= r.Last && r.First <= other.Last {
			return false
		}
	}
	return true
}
