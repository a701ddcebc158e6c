"""No other module than this names the connectors, which it finds by kind of target."""

from provisioning.connectors.connector import Connector
from provisioning.connectors.scim.connector import ScimConnector
from provisioning.delivery.errors import Code, DeliveryError

CONNECTORS: dict[str, Connector] = {"scim": ScimConnector()}
"""The key is stored as `Target.kind`, of ten characters at most."""


def connector(*, kind: str) -> Connector:
    """Return the connector for this kind of target. Raises DeliveryError (fault) for a kind without one.

    `targets.commands.register` refuses such a kind, so this happens only after a connector was taken away.
    """
    try:
        return CONNECTORS[kind]
    except KeyError as error:
        raise DeliveryError(Code.FAULT, detail=f"no connector for targets of kind {kind}") from error
