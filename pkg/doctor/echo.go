package doctor

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

const (
	echoTries = 3
	echoWait  = 300 * time.Millisecond // for each try
)

// echoGroup is the group of SSDP, so that the same firewall rules apply; the port is
// another one, so that no other program receives it.
var echoGroup = netip.MustParseAddr("239.255.255.250")

// checkEcho calls echo for each interface in use: it sends multicast and waits for it.
func checkEcho(ctx context.Context, n *network, echo func(context.Context, netif.Interface) error) Result {
	var back, lost []string
	for _, i := range n.selected {
		if _, ok := i.IPv4(); !ok {
			continue
		}
		if err := echo(ctx, i); err != nil {
			lost = append(lost, i.Name+": "+err.Error())
		} else {
			back = append(back, i.Name)
		}
	}
	switch {
	case len(back)+len(lost) == 0:
		return skip("no interface has an IPv4 address")
	case len(lost) == 0:
		return fine("on " + strings.Join(back, ", "))
	}
	return Result{
		Status: Warning,
		Seen:   "not on " + strings.Join(lost, "; "),
		Means:  "This host drops multicast that it should receive, most often because of its firewall. Senders' questions are dropped, too, unless there are rules for them.",
		Do: []Step{{
			Text:  "Allow multicast in the firewall. With ufw, firewalld or nftables (`breezeway ports` prints the rules for all ports):",
			Paste: "sudo ufw allow in proto udp to 224.0.0.0/4\nsudo firewall-cmd --permanent --add-service=mdns && sudo firewall-cmd --reload\nsudo nft insert rule inet filter input ip daddr 224.0.0.0/4 accept",
		}},
	}
}

// echo sends a random word to the group on one interface and returns nil when it is
// received through a membership on the same interface.
func echo(ctx context.Context, i netif.Interface) error {
	conn, err := multicast.Listen(netip.AddrPortFrom(echoGroup, 0), 1)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // a failure has no consequence
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := conn.Join(i.Index); err != nil {
		return err
	}
	word := rand.Text()
	for range echoTries {
		if err = conn.Write([]byte(word), conn.Group(), i.Index, netip.Addr{}); err != nil {
			return err
		}
		if err = await(conn, i.Index, word); err == nil {
			return nil
		}
	}
	return fmt.Errorf("sent %d times, nothing came back: %w", echoTries, err)
}

// await reads until word arrives by multicast on the interface.
func await(conn *multicast.Conn, index int, word string) error {
	if err := conn.SetReadDeadline(time.Now().Add(echoWait)); err != nil {
		return err
	}
	buffer := make([]byte, 64)
	for {
		p, err := conn.Read(buffer)
		if err != nil {
			return err
		}
		if string(p.Data) == word && p.Index == index && p.To.IsMulticast() {
			return nil
		}
	}
}
