"""`feedback key`: where the key of the pseudonyms is, and destroying it. The key itself is never shown."""

import click

from feedback_assets.cli import context, output


@click.command("key")
@click.option("--destroy", is_flag=True, help="Overwrite and remove the key of this home. Final.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def key(destroy: bool, yes: bool) -> None:
    """Where the key of the pseudonyms is. With --destroy, stored pseudonyms can never be held against a value again.

    Stored rows stay as they are; the next run makes a new key, and the same value gets another pseudonym. Copies of the key, in backups
    or in a secret store, are yours to destroy.
    """
    from feedback_assets.ground.errors import SettingError
    from feedback_assets.silver.personal import keys

    settings = context.settings()
    path = settings.key_file
    if settings.pseudonym_key:
        keys.key_from_hex(settings.pseudonym_key)
        if destroy:
            raise SettingError(
                f"the key comes from {keys.VARIABLE}, which feedback cannot destroy",
                expected=f"a key in {path}",
                mend=f"destroy it where it is kept and unset {keys.VARIABLE}",
            )
        output.line(f"from {keys.VARIABLE}; the file {path} is not used")
        return
    if not path.exists():
        output.line(f"{path}: none yet, the next run makes one")
        return
    if not destroy:
        keys.site_key(path)
        output.line(f"{path}: there, for its owner alone; back it up apart from the tables")
        return
    if not yes:
        click.confirm(f"Destroy {path}? Pseudonyms that are stored can never be held against a value again.", abort=True)
    keys.destroy(path)
    output.line(f"{path}: destroyed; the next run makes a new one")
