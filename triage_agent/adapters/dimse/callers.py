"""Who may call: addresses are judged before any byte is read, AE titles before any context.

The rule, from `settings.DicomSettings.callers`:

- A caller is an AE title and the addresses or networks it calls from; without any address it may
  call from everywhere.
- An address is let in if some caller may call from it. Loopback is let in too, with any AE title,
  unless a caller lists a loopback address: then loopback follows the list like every other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

from triage_agent.errors import SettingsInvalid
from triage_agent.settings import CallerSettings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class _Caller:
    ae_title: str
    networks: tuple[Network, ...]

    def may_call_from(self, address: Address) -> bool:
        return not self.networks or any(address in network for network in self.networks)


@dataclass(frozen=True)
class CallerRule:
    """Decides on addresses and AE titles. Build it with `of`."""

    callers: tuple[_Caller, ...]
    loopback_is_free: bool

    @classmethod
    def of(cls, settings: Sequence[CallerSettings]) -> Self:
        """Read the callers. Raises SettingsInvalid for what is no address and no network."""
        callers = tuple(
            _Caller(
                caller.ae_title.strip(), tuple(_network(address) for address in caller.addresses)
            )
            for caller in settings
        )
        listed = any(network.is_loopback for caller in callers for network in caller.networks)
        return cls(callers=callers, loopback_is_free=not listed)

    def admits_address(self, host: str) -> bool:
        """Say whether a connection from this IP address is worth reading a byte of."""
        address = _address(host)
        return self._is_free(address) or any(
            caller.may_call_from(address) for caller in self.callers
        )

    def admits(self, ae_title: str, host: str) -> bool:
        """Say whether a calling AE title may associate from this IP address."""
        address = _address(host)
        return self._is_free(address) or any(
            caller.ae_title == ae_title.strip() and caller.may_call_from(address)
            for caller in self.callers
        )

    def _is_free(self, address: Address) -> bool:
        return self.loopback_is_free and address.is_loopback


def _address(host: str) -> Address:
    address = ip_address(host)
    # A socket that listens on IPv6 and IPv4 reports an IPv4 peer in this form.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _network(text: str) -> Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise SettingsInvalid(
            f"dicom.callers: {text!r} is neither an IP address nor a network such as 10.0.0.0/24"
        ) from error
