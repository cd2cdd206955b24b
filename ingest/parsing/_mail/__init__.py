"""Mails: messages with their attachments, mailboxes, files of Outlook."""
