package mdns

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/godbus/dbus/v5"
)

// systemBus is where D-Bus listens on every Linux that has it.
const systemBus = "/run/dbus/system_bus_socket"

// Names of avahi's D-Bus API, as its introspection files give them
// (org.freedesktop.Avahi.Server.xml, org.freedesktop.Avahi.EntryGroup.xml).
const (
	avahiName         = "org.freedesktop.Avahi"
	avahiServer       = avahiName + ".Server"
	avahiGroup        = avahiName + ".EntryGroup"
	avahiStateChanged = "StateChanged"
	avahiCollision    = avahiName + ".CollisionError"

	busName             = "org.freedesktop.DBus"
	busNameOwnerChanged = "NameOwnerChanged"
)

// serverRunning is the state of an avahi that has its host's name.
const serverRunning = 2

// Arguments of EntryGroup.AddService.
const (
	anyProtocol = int32(-1) // IPv4 and IPv6
	noFlags     = uint32(0)
	itsDomain   = "" // "local"
	itsHost     = "" // the host that avahi runs on
)

// A groupState is what avahi says of an entry group.
type groupState int32

const (
	groupUncommitted groupState = iota // uncommitted
	groupRegistering                   // registering
	groupEstablished                   // established
	groupCollision                     // collision
	groupFailure                       // failure
)

// A groupID is the D-Bus path of an entry group, which holds one service.
type groupID = dbus.ObjectPath

// A notice is what avahi or the bus tells unasked.
type notice struct {
	kind    noticeKind
	group   groupID    // noticeGroup
	state   groupState // noticeGroup
	running bool       // noticeServer
}

type noticeKind uint8

const (
	noticeNothing noticeKind = iota // of no interest
	noticeGone                      // avahi left the bus
	noticeCame                      // avahi came to the bus
	noticeServer                    // avahi has its host's name, or lost it
	noticeGroup                     // an entry group has another state
)

// errCollision is returned when the name is taken on avahi's own host.
var errCollision = errors.New("the name is taken")

// An avahi is a connection to the bus that avahi may be on.
type avahi interface {
	// running reports whether avahi is there and has its host's name.
	running(ctx context.Context) (bool, error)
	newGroup(ctx context.Context) (groupID, error)
	// fill makes the group hold one service, on some interfaces, and no more.
	fill(ctx context.Context, g groupID, interfaces []int, s Service) error
	free(ctx context.Context, g groupID) error
	// notices are closed when the connection is lost.
	notices() <-chan *dbus.Signal
	Close() error
}

// A busAvahi is the real one.
type busAvahi struct {
	*dbus.Conn
	signalC chan *dbus.Signal
}

// dialAvahi connects to a D-Bus socket, whether avahi is there or not. The
// connection ends with ctx.
func dialAvahi(ctx context.Context, socket string) (avahi, error) {
	conn, err := dbus.Dial("unix:path="+dbus.EscapeBusAddressValue(socket),
		dbus.WithContext(ctx), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		return nil, fmt.Errorf("mdns: connect to D-Bus: %w", err)
	}
	b := busAvahi{Conn: conn, signalC: make(chan *dbus.Signal, 1)}
	if err := b.introduce(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("mdns: connect to D-Bus: %w", err), conn.Close())
	}
	return b, nil
}

func (b busAvahi) introduce(ctx context.Context) error {
	if err := b.Auth(nil); err != nil {
		return fmt.Errorf("log in as user %d, who must be known on the bus's host: %w", os.Getuid(), err)
	}
	if err := b.Hello(); err != nil {
		return fmt.Errorf("say hello: %w", err)
	}
	b.Signal(b.signalC)
	return errors.Join(
		b.AddMatchSignalContext(ctx, dbus.WithMatchSender(busName), dbus.WithMatchMember(busNameOwnerChanged), dbus.WithMatchArg(0, avahiName)),
		b.AddMatchSignalContext(ctx, dbus.WithMatchSender(avahiName), dbus.WithMatchMember(avahiStateChanged)),
	)
}

func (b busAvahi) notices() <-chan *dbus.Signal { return b.signalC }

// call calls a method of avahi, which is not started for it.
func (b busAvahi) call(ctx context.Context, path groupID, method string, args ...any) *dbus.Call {
	return b.Object(avahiName, path).CallWithContext(ctx, method, dbus.FlagNoAutoStart, args...)
}

func (b busAvahi) running(ctx context.Context) (bool, error) {
	var present bool
	if err := b.BusObject().CallWithContext(ctx, busName+".NameHasOwner", 0, avahiName).Store(&present); err != nil {
		return false, fmt.Errorf("mdns: look for avahi: %w", err)
	}
	if !present {
		return false, nil
	}
	var state int32
	if err := b.call(ctx, "/", avahiServer+".GetState").Store(&state); err != nil {
		return false, fmt.Errorf("mdns: ask avahi for its state: %w", err)
	}
	return state == serverRunning, nil
}

func (b busAvahi) newGroup(ctx context.Context) (g groupID, err error) {
	if err := b.call(ctx, "/", avahiServer+".EntryGroupNew").Store(&g); err != nil {
		return "", fmt.Errorf("mdns: get entry group of avahi: %w", err)
	}
	return g, nil
}

func (b busAvahi) fill(ctx context.Context, g groupID, interfaces []int, s Service) error {
	if err := b.call(ctx, g, avahiGroup+".Reset").Err; err != nil {
		return fmt.Errorf("mdns: empty entry group of avahi: %w", err)
	}
	for _, index := range interfaces {
		err := b.call(ctx, g, avahiGroup+".AddService", int32(index), anyProtocol, noFlags,
			s.Instance, s.Type, itsDomain, itsHost, s.Port, txtBytes(s.TXT)).Err
		if err != nil {
			return fmt.Errorf("mdns: add service to avahi: %w", collisionOr(err))
		}
	}
	if err := b.call(ctx, g, avahiGroup+".Commit").Err; err != nil {
		return fmt.Errorf("mdns: commit service to avahi: %w", collisionOr(err))
	}
	return nil
}

func (b busAvahi) free(ctx context.Context, g groupID) error {
	if err := b.call(ctx, g, avahiGroup+".Free").Err; err != nil {
		return fmt.Errorf("mdns: free entry group of avahi: %w", err)
	}
	return nil
}

// collisionOr is errCollision where that is what avahi says.
func collisionOr(err error) error {
	var said dbus.Error
	if errors.As(err, &said) && said.Name == avahiCollision {
		return errCollision
	}
	return err
}

// txtBytes are the strings of a TXT record as D-Bus takes them.
func txtBytes(txt []string) [][]byte {
	list := make([][]byte, 0, len(txt))
	for _, s := range fittingTXT(txt) {
		list = append(list, []byte(s))
	}
	return list
}

// readNotice tells what a signal says.
func readNotice(s *dbus.Signal) notice {
	switch s.Name {
	case busName + "." + busNameOwnerChanged:
		return readOwner(s.Body)
	case avahiServer + "." + avahiStateChanged:
		if state, ok := firstOf[int32](s.Body); ok {
			return notice{kind: noticeServer, running: state == serverRunning}
		}
	case avahiGroup + "." + avahiStateChanged:
		if state, ok := firstOf[int32](s.Body); ok {
			return notice{kind: noticeGroup, group: s.Path, state: groupState(state)}
		}
	}
	return notice{}
}

// readOwner reads the name, the old owner and the new one.
func readOwner(body []any) notice {
	if len(body) != 3 || body[0] != avahiName {
		return notice{}
	}
	if body[2] == "" {
		return notice{kind: noticeGone}
	}
	return notice{kind: noticeCame}
}

func firstOf[T any](body []any) (first T, ok bool) {
	if len(body) == 0 {
		return first, false
	}
	first, ok = body[0].(T)
	return first, ok
}
