package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// minReceiveBuffer is the kernel's default, in bytes: with less, a busy host drops
// audio packets.
const minReceiveBuffer = 212992

// A kernel reads the settings in /proc/sys that matter.
type kernel struct {
	read    func(name string) (string, error)
	network *network
	ranges  *portRanges
}

// check reports whether there are settings to check: a host without /proc/sys is no
// fault.
func (k *kernel) check(context.Context) Result {
	if _, err := k.read("net.ipv4.igmp_max_memberships"); err != nil {
		return skip("cannot be read here: " + err.Error())
	}
	return fine("can be read")
}

// settings has a check for each setting.
func (k *kernel) settings() []Check {
	check := func(name string, judge func() Result) Check {
		return Check{Name: name, Run: func(context.Context) Result { return judge() }}
	}
	return []Check{
		check("net.ipv4.igmp_max_memberships", k.judgeMemberships),
		check("net.ipv4.conf.*.rp_filter", k.judgeReversePath),
		check("net.core.rmem_max", k.judgeReceiveBuffer),
		check("net.ipv4.ip_local_port_range", k.judgeLocalPorts),
	}
}

// number reads a setting of one number.
func (k *kernel) number(name string) (int, error) {
	value, err := k.read(name)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(value)
}

func unreadable(err error) Result { return skip("cannot be read: " + err.Error()) }

// judgeMemberships: the setting limits how many groups a socket may join; ours join
// one on each interface.
func (k *kernel) judgeMemberships() Result {
	limit, err := k.number("net.ipv4.igmp_max_memberships")
	if err != nil {
		return unreadable(err)
	}
	seen := fmt.Sprintf("%d for each socket, %d needed", limit, len(k.network.selected))
	if len(k.network.selected) <= limit {
		return fine(seen)
	}
	return Result{
		Status: Warning,
		Seen:   seen,
		Means:  "On the interfaces beyond the limit no multicast is received; programs report \"no buffer space available\" (errno 105).",
		Do: []Step{
			{Text: "Use only the interfaces that speakers and senders are on."},
			{Text: "Or raise the limit:", Paste: fmt.Sprintf("sudo sysctl -w net.ipv4.igmp_max_memberships=%d", 2*len(k.network.selected))},
		},
	}
}

// judgeReversePath: a strict filter (1) drops packets whose return route uses another
// interface, which matters on hosts with several.
func (k *kernel) judgeReversePath() Result {
	all, err := k.number("net.ipv4.conf.all.rp_filter")
	if err != nil {
		return unreadable(err)
	}
	var strict []string
	for _, i := range k.network.selected {
		own, err := k.number("net.ipv4.conf/" + i.Name + "/rp_filter")
		if err == nil && max(all, own) == 1 {
			strict = append(strict, i.Name)
		}
	}
	if len(strict) == 0 || len(k.network.selected) < 2 {
		return fine("strict on: " + orNone(strict))
	}
	if overlap := sharedSubnet(k.network.selected); overlap != "" {
		return Result{
			Status: Warning,
			Seen:   "strict on " + strings.Join(strict, ", ") + "; " + overlap,
			Means:  "A packet that arrives on one interface and would be answered through the other is dropped: speakers appear and disappear.",
			Do: []Step{
				{Text: "Put only one interface into that network, or name it in BREEZEWAY_INTERFACES."},
				{Text: "Or make the filter loose:", Paste: "sudo sysctl -w net.ipv4.conf.all.rp_filter=2"},
			},
		}
	}
	return fine("strict on: " + orNone(strict) + "; each interface has a network of its own")
}

// sharedSubnet names two interfaces that are in one IPv4 network, "" if none are.
func sharedSubnet(list []netif.Interface) string {
	for n, a := range list {
		for _, b := range list[n+1:] {
			addr, ok := b.IPv4()
			if ok && a.OnLink(addr) {
				return a.Name + " and " + b.Name + " are in the same network"
			}
		}
	}
	return ""
}

func (k *kernel) judgeReceiveBuffer() Result {
	limit, err := k.number("net.core.rmem_max")
	if err != nil {
		return unreadable(err)
	}
	seen := fmt.Sprintf("%d bytes", limit)
	if limit >= minReceiveBuffer {
		return fine(seen)
	}
	return Result{
		Status: Note,
		Seen:   seen + ", less than the kernel's own default",
		Means:  "When the host is busy for a moment, audio packets may be dropped; they are asked for again.",
		Do:     []Step{{Text: "Raise it:", Paste: fmt.Sprintf("sudo sysctl -w net.core.rmem_max=%d", minReceiveBuffer)}},
	}
}

// judgeLocalPorts: we should not listen on ports that the kernel may assign to any
// program at any time.
func (k *kernel) judgeLocalPorts() Result {
	value, err := k.read("net.ipv4.ip_local_port_range")
	if err != nil {
		return unreadable(err)
	}
	var low, high uint16
	if _, err := fmt.Sscan(value, &low, &high); err != nil {
		return unreadable(err)
	}
	seen := fmt.Sprintf("%d-%d", low, high)
	var within []string
	var do []Step
	for _, p := range k.ranges.ours {
		if p.First != 0 && p.First <= high && p.Last >= low {
			within = append(within, p.Variable)
			do = append(do, k.ranges.moveSteps(p)...)
		}
	}
	if len(within) == 0 {
		return fine(seen)
	}
	return Result{
		Status: Note,
		Seen:   seen + ", with " + strings.Join(within, ", ") + " in it",
		Means:  "The kernel may assign these ports to any program, so some are in use now and then. The next one in the range is used instead.",
		Do:     do,
	}
}

// readSysctl reads names like "net.ipv4.conf/eth0.5/rp_filter": dots separate the
// levels up to the first slash, slashes those after it, since names of interfaces
// may contain dots.
func readSysctl(name string) (string, error) {
	head, tail, _ := strings.Cut(name, "/")
	value, err := os.ReadFile(filepath.Join("/proc/sys", strings.ReplaceAll(head, ".", "/"), tail))
	return strings.TrimSpace(string(value)), err
}
