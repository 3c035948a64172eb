// Package lab is a small virtual LAN on one Linux machine, in which the bridge
// runs between real third-party programs: PulseAudio as AirPlay sender,
// gmediarender as UPnP speaker, avahi as another mDNS responder.
//
// A LAN is a bridge in a network namespace of its own, a Host is a namespace
// tied to it by a veth pair, with its own host name and /run. The namespaces
// have no names and nothing routes out of them: labs neither meet each other
// nor the machine's network. Every program in them is killed by the kernel when
// the test process dies, and a namespace vanishes with its last program, so
// that nothing is left behind even by a test that crashed.
//
// Tone and Compare make the test sound and judge what became of it.
//
// It takes a testing.TB everywhere: what fails here fails the test, and what is
// started ends with it.
package lab
