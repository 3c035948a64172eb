package monitor

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

// Everything that people read about conditions is in this file.

// A class is what all conditions of a code have in common.
type class struct {
	severity Severity
	title    string
	settle   time.Duration // how long it must be seen before it is raised: some things pass by themselves
}

var classes = [...]class{
	CodeNone:               {},
	CodeNoHTTP:             {SeverityBlocking, "The HTTP port is not open", 0},
	CodeNoInterface:        {SeverityBlocking, "There is no network", 0},
	CodeNotAnnounced:       {SeverityBlocking, "Senders cannot find the speakers", 5 * time.Second}, // the time of a start
	CodePortHeld:           {SeverityNotice, "Another program has the port", 0},
	CodeMDNSUnheard:        {SeverityWarning, "Senders may not find the speakers", 0},
	CodeInterfaceLost:      {SeverityWarning, "The network interface is gone", 0},
	CodeSpeakerLost:        {SeverityWarning, "The speaker does not answer", 5 * time.Second},
	CodeStreamNotFetched:   {SeverityWarning, "The speaker does not fetch its stream", 0},
	CodeSoundLost:          {SeverityWarning, "Sound is lost between sender and Breezeway", 0},
	CodeNamedSpeakerSilent: {SeverityWarning, "A speaker of BREEZEWAY_DEVICES is not found", 30 * time.Second}, // some searches and a description
	CodeSenderSilent:       {SeverityWarning, "The sender sends no sound", 0},
	CodeSpeakerRefuses:     {SeverityWarning, "The speaker does not play", 5 * time.Second}, // the time of another attempt
	CodeSpeakerTaken:       {SeverityNotice, "The speaker was paused, stopped or taken over", 0},
	CodeStateNotKept:       {SeverityNotice, "What is learned about speakers is lost at the next start", 0},
	CodeDoctorFinding:      {SeverityWarning, "The doctor found a fault", 0},
}

// Severity is how much conditions of the code matter.
func (c Code) Severity() Severity { return classes[c].severity }

// Title is the problem in a few words.
func (c Code) Title() string { return classes[c].title }

// Markdown is the table of codes for docs/API.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| Code | Severity | Meaning |\n|---|---|---|\n")
	for _, c := range Codes() {
		fmt.Fprintf(&b, "| `%v` | %v | %s |\n", c, c.Severity(), c.Title())
	}
	return b.String()
}

func stateNotKept(err error) Condition {
	return Condition{
		Code: CodeStateNotKept,
		Seen: "the state directory cannot be written: " + err.Error(),
		Do:   "Give the directory to the user that Breezeway runs as (chown 65532:65532 DIRECTORY for the image), or set BREEZEWAY_STATE_DIR to another one",
	}
}

func noHTTP() Condition {
	return Condition{
		Code: CodeNoHTTP,
		Seen: "the HTTP port is not open",
		Do:   "Set BREEZEWAY_HTTP_PORT to a free port or a larger range",
	}
}

func noInterface() Condition {
	return Condition{
		Code: CodeNoInterface,
		Seen: "no network interface is up, has an address and matches BREEZEWAY_INTERFACES",
		Do:   "Check cable or Wi-Fi, or name the interface in BREEZEWAY_INTERFACES",
	}
}

const freeMDNSPort = "Stop the program that holds the port, or have it share (avahi: disallow-other-stacks=no), or give Breezeway an address of its own (macvlan)"

func notAnnounced(s mdns.Stats) Condition {
	return Condition{
		Code: CodeNotAnnounced, Subject: portName(mdns.Port, ports.UDP), protocol: ports.UDP, port: mdns.Port,
		Seen: fmt.Sprintf("senders cannot find the speakers: 5353/UDP is %v over IPv4 and %v over IPv6", s.IPv4, s.IPv6),
		Do:   freeMDNSPort,
	}
}

func httpPortHeld(wanted, used uint16) Condition {
	return Condition{
		Code: CodePortHeld, Subject: portName(wanted, ports.TCP), protocol: ports.TCP, port: wanted,
		Seen: fmt.Sprintf("another program has the port; HTTP is served on %d", used),
		Do:   "Nothing, or set BREEZEWAY_HTTP_PORT",
	}
}

func mdnsPortHeld(family string, state mdns.PortState) Condition {
	return Condition{
		Code: CodePortHeld, Subject: portName(mdns.Port, ports.UDP) + " over " + family, protocol: ports.UDP, port: mdns.Port,
		Seen: fmt.Sprintf("the port is %v: senders find the speakers only over the other address family", state),
		Do:   freeMDNSPort,
	}
}

func ssdpPortHeld(reason error) Condition {
	return Condition{
		Code: CodePortHeld, Subject: portName(ssdpPort, ports.UDP), protocol: ports.UDP, port: ssdpPort,
		Seen: fmt.Sprintf("announcements of speakers are not received (%v); speakers are found by searches all the same", reason),
		Do:   "Nothing, or set BREEZEWAY_SSDP_LISTEN=off",
	}
}

func mdnsUnheard(family string, h mdns.Hearing) Condition {
	return Condition{
		Code: CodeMDNSUnheard, Subject: portName(mdns.Port, ports.UDP) + " over " + family,
		Seen: fmt.Sprintf("a question for one of our speakers got no answer on %s (%v): senders may not find the speakers", h.Interface, h.Err),
		Do:   "Let 5353/UDP through the firewall (`breezeway ports` prints the commands); see `breezeway doctor` for programs that receive the packets instead",
	}
}

func interfaceLost(name string) Condition {
	return Condition{
		Code: CodeInterfaceLost, Subject: name,
		Seen: "the interface is gone, down or without an address",
		Do:   "Check its cable or Wi-Fi",
	}
}

func speakerLost(name string) Condition {
	return Condition{
		Code: CodeSpeakerLost, Subject: name,
		Seen: "the speaker does not answer",
		Do:   "Check that it is switched on and in the network; name it in BREEZEWAY_DEVICES where multicast does not reach it",
	}
}

func namedSpeakerSilent(addr netip.Addr) Condition {
	return Condition{
		Code: CodeNamedSpeakerSilent, Subject: addr.String(),
		Seen: "no speaker is offered from this address of BREEZEWAY_DEVICES",
		Do: "Switch the speaker on and compare its address with the router's list; one that answers no search can be named by the URL of its description; " +
			"one that supports AirPlay itself is left out unless BREEZEWAY_SKIP_NATIVE=off",
	}
}

func streamNotFetched(speaker string) Condition {
	return Condition{
		Code: CodeStreamNotFetched, Subject: speaker,
		Seen: "the speaker plays, but does not fetch its stream",
		Do:   "Let the speaker reach the HTTP port through the firewall (`breezeway ports` prints the commands)",
	}
}

func speakerRefuses(speaker, reason string) Condition {
	return Condition{
		Code: CodeSpeakerRefuses, Subject: speaker,
		Seen: "the speaker does not play: " + reason,
		Do:   "Nothing at first: Breezeway tries again. `breezeway doctor` shows whether the speaker answers and reaches the HTTP port; a rule can give it another codec or length",
	}
}

func pausedAtSpeaker(speaker string) Condition {
	return Condition{
		Code: CodeSpeakerTaken, Subject: speaker,
		Seen: "somebody paused the speaker, at the speaker or with another app",
		Do:   "Press play there, or pause and play at the sender",
	}
}

func speakerReleased(speaker, reason string) Condition {
	return Condition{
		Code: CodeSpeakerTaken, Subject: speaker,
		Seen: reason,
		Do:   "Pause and play at the sender to take the speaker back",
	}
}

func senderSilent(speaker string, silence, window time.Duration) Condition {
	return Condition{
		Code: CodeSenderSilent, Subject: speaker,
		Seen: fmt.Sprintf("nothing arrived from the sender for %v of the last %v: silence was played", silence.Round(100*time.Millisecond), window),
		Do:   "See whether the sender still plays and is in the network; a phone on weak Wi-Fi stops sending for seconds",
	}
}

func soundLost(speaker string, lost, window time.Duration, ignoresResends bool) Condition {
	c := Condition{
		Code: CodeSoundLost, Subject: speaker,
		Seen: fmt.Sprintf("%v of the last %v did not arrive from the sender", lost.Round(100*time.Millisecond), window),
		Do:   "Bring the sender nearer to its access point, or raise BREEZEWAY_LATENCY",
	}
	if ignoresResends {
		c.Seen += "; it answers no requests for lost packets"
		c.Do = "Bring the sender nearer to its access point; if there is a firewall in between, allow UDP to the sender"
	}
	return c
}

// Finding is a condition that the doctor found in a check.
func Finding(check, seen, do string) Condition {
	return Condition{Code: CodeDoctorFinding, Subject: check, Seen: seen, Do: do}
}

func portName(port uint16, p ports.Protocol) string { return fmt.Sprintf("%d/%v", port, p) }
